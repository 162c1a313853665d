import { describe, expect, it } from 'vitest';

import type { TokenRecord } from '../../../src/core/token-record.js';
import type { Token, TokenEventType } from '../../../src/core/token.js';
import type { Storage } from '../../../src/storage/storage.js';
import { aDefinition, aToken, NOW } from '../../support/builders.js';
import { anExecution } from './execution-store.js';

function aRecord(token: Token, types: readonly TokenEventType[], { from = 1, chainId = 'chain' } = {}): TokenRecord {
  const events = types.map((type, index) => ({
    type,
    version: token.version,
    place: token.place,
    timestamp: NOW,
    number: from + index,
  }));
  return { token, chainId, events, executions: [] };
}

export function tokenStoreContract(storage: () => Storage): void {
  const tokens = () => storage().tokens;
  const definition = aDefinition();
  const token = (id: string, fields: Partial<Token> = {}) => aToken(definition, { id, ...fields });
  const eventsOf = async (id: string) =>
    (await tokens().listEvents(id, { after: 0, first: 100 })).map(({ sequence, type }) => `${sequence} ${type}`);

  describe('tokens', () => {
    it('keeps the newest version, numbers its events, and stores the executions that it started', async () => {
      await tokens().record(aRecord(token('tk-new'), ['CREATED']));
      const second = token('tk-new', { version: 2, place: 'reviewed' });
      const record = aRecord(second, ['TRANSITION_STARTED', 'EXECUTION_STARTED'], { from: 2 });
      await tokens().record({ ...record, executions: [anExecution({ id: 'tk-new:review:1', tokenId: 'tk-new' })] });
      expect(await tokens().get('tk-new')).toEqual(second);
      expect(await eventsOf('tk-new')).toEqual(['1 CREATED', '2 TRANSITION_STARTED', '3 EXECUTION_STARTED']);
      expect(await storage().executions.get('tk-new:review:1')).toMatchObject({ status: 'PENDING', tokenId: 'tk-new' });
    });

    it('changes nothing when a record is repeated or comes late', async () => {
      const first = aRecord(token('tk-late'), ['CREATED']);
      const second = aRecord(token('tk-late', { version: 2 }), ['UPDATED'], { from: 2 });
      await tokens().record(first);
      await tokens().record(second);
      await tokens().record(second);
      await tokens().record(first);
      expect((await tokens().get('tk-late'))?.version).toBe(2);
      expect(await eventsOf('tk-late')).toEqual(['1 CREATED', '2 UPDATED']);
    });

    it('numbers events without holes whoever adds them, also at once', async () => {
      await tokens().record(aRecord(token('tk-mixed'), ['CREATED']));
      const refused = { type: 'TRANSITION_REFUSED', version: 1, place: 'submitted', timestamp: NOW } as const;
      await Promise.all([
        ...Array.from({ length: 5 }, () => tokens().appendEvent('tk-mixed', refused)),
        tokens().record(aRecord(token('tk-mixed', { version: 2 }), ['UPDATED', 'COMPLETED'], { from: 2 })),
      ]);
      await tokens().record(aRecord(token('tk-mixed', { version: 2 }), ['UPDATED', 'COMPLETED'], { from: 2 }));
      const events = await tokens().listEvents('tk-mixed', { after: 0, first: 100 });
      expect(events.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      expect(events.filter(({ type }) => type === 'TRANSITION_REFUSED')).toHaveLength(5);
      expect(events.filter(({ type }) => type === 'COMPLETED')).toHaveLength(1);
    });

    it('lets a later chain of the same id replace the token, and ignores an earlier one', async () => {
      const old = token('tk-chain', { version: 9 });
      const fresh = token('tk-chain', { createdAt: '2026-12-01T00:00:00.000Z' });
      await tokens().record(aRecord(old, ['CREATED'], { chainId: 'old' }));
      await tokens().record(aRecord(fresh, ['CREATED'], { chainId: 'fresh' }));
      await tokens().record(aRecord(old, ['COMPLETED'], { chainId: 'old', from: 2 }));
      expect(await tokens().get('tk-chain')).toEqual(fresh);
      expect(await eventsOf('tk-chain')).toEqual(['1 CREATED', '2 CREATED']);
    });

    it('reads events after a cursor, and of one type', async () => {
      await tokens().record(aRecord(token('tk-events'), ['CREATED', 'UPDATED', 'UPDATED']));
      const after = await tokens().listEvents('tk-events', { after: 1, first: 1 });
      expect(after).toMatchObject([{ sequence: 2, tokenId: 'tk-events', workflowId: 'review', place: 'submitted' }]);
      const updated = await tokens().listEvents('tk-events', { after: 0, first: 9, type: 'UPDATED' });
      expect(updated).toHaveLength(2);
      await tokens().appendEvent('tk-nobody', { type: 'UPDATED', version: 1, place: 'x', timestamp: NOW });
      expect(await eventsOf('tk-nobody')).toEqual([]);
    });

    it('lists by every filter, newest first, page by page', async () => {
      const incident = { code: 'auth', message: 'no', since: NOW };
      for (const n of [1, 2, 3]) {
        const createdAt = `2026-03-0${n}T00:00:00.000Z`;
        const fields = { workflowId: 'tk-list', createdAt, ...(n === 2 ? { incident, place: 'reviewed' } : {}) };
        await tokens().record(aRecord(token(`tk-list-${n}`, fields), ['CREATED']));
      }
      const first = await tokens().list({ workflowId: 'tk-list' }, { first: 2 });
      expect(first.items.map(({ item }) => item.id)).toEqual(['tk-list-3', 'tk-list-2']);
      const after = first.items[1]?.cursor ?? '';
      expect((await tokens().list({ workflowId: 'tk-list' }, { first: 2, after })).items).toHaveLength(1);
      const filter = { workflowId: 'tk-list', hasIncident: true, place: 'reviewed', status: 'ACTIVE' } as const;
      expect((await tokens().list(filter, { first: 9 })).items.map(({ item }) => item.id)).toEqual(['tk-list-2']);
    });
  });
}
