import { describe, expect, it } from 'vitest';

import type { RunRecord } from '../../../src/core/tokens/token-record.js';
import type { Token, TokenEventType } from '../../../src/core/tokens/token.js';
import type { Storage } from '../../../src/storage/storage.js';
import type { FeedPosition, TokenStore } from '../../../src/storage/token-store.js';
import { aDefinition, aToken, NOW } from '../../support/builders.js';
import { anExecution } from './execution-store.js';
import { eventually } from '../../support/eventually.js';

function aRecord(token: Token, types: readonly TokenEventType[], { from = 1, runId = 'run' } = {}): RunRecord {
  const events = types.map((type, index) => ({
    type,
    version: token.version,
    place: token.place,
    timestamp: NOW,
    number: from + index,
  }));
  return { token, runId, events, executions: [] };
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

    it('counts active tokens by where they are, and those that have an incident', async () => {
      const incident = { code: 'server', message: 'It failed.', since: NOW } as const;
      const counted = (id: string, fields: Partial<Token> = {}) => token(id, { workflowId: 'counted', ...fields });
      await tokens().record(aRecord(counted('tk-count-1'), ['CREATED']));
      await tokens().record(aRecord(counted('tk-count-2', { incident }), ['CREATED']));
      await tokens().record(aRecord(counted('tk-count-3', { place: 'reviewed' }), ['CREATED']));
      await tokens().record(aRecord(counted('tk-count-4', { status: 'COMPLETED' }), ['CREATED']));
      const counts = (await tokens().countActive()).filter(({ workflowId }) => workflowId === 'counted');
      expect(counts).toEqual([
        { workflowId: 'counted', place: 'submitted', tokens: 2, incidents: 1 },
        { workflowId: 'counted', place: 'reviewed', tokens: 1, incidents: 0 },
      ]);
    });

    it('keeps text that no backend carries as it would be told: mended', async () => {
      const told = { type: 'TRANSITION_REFUSED', version: 1, place: 'submitted', timestamp: NOW } as const;
      const record = aRecord(token('tk-text', { data: { 'k\0': 'half \uD83D' } }), ['CREATED']);
      await tokens().record({ ...record, events: record.events.map((event) => ({ ...event, details: '\uDE42\0' })) });
      await tokens().appendEvent('tk-text', { ...told, details: { message: 'xx\uD83D' } });
      expect((await tokens().get('tk-text'))?.data).toEqual({ 'k\uFFFD': 'half \uFFFD' });
      await tokens().terminate('tk-text', { now: NOW, reason: 'terminated \uD83D', runId: 'run' });
      const events = await tokens().listEvents('tk-text', { after: 0, first: 9 });
      expect(events.map(({ details }) => details)).toEqual([
        '\uFFFD\uFFFD',
        { message: 'xx\uFFFD' },
        { reason: 'terminated \uFFFD' },
      ]);
    });

    it('says which ids of its executions others have, and leaves theirs as they are', async () => {
      const standalone = await storage().executions.create(anExecution({ id: 'tk-taken:review:1' }));
      const others = anExecution({ id: 'tk-taken:review:2', tokenId: 'tk-other' });
      await tokens().record({ ...aRecord(token('tk-other'), ['CREATED']), executions: [others] });
      const own = [1, 2, 3].map((n) => anExecution({ id: `tk-taken:review:${n}`, tokenId: 'tk-taken' }));
      const record = { ...aRecord(token('tk-taken'), ['CREATED']), executions: own };
      const taken = ['tk-taken:review:1', 'tk-taken:review:2'];
      expect([...((await tokens().record(record))?.taken ?? [])].sort()).toEqual(taken);
      expect([...((await tokens().record(record))?.taken ?? [])].sort()).toEqual(taken);
      expect(await storage().executions.getMany(own.map(({ id }) => id))).toEqual([standalone, others, own[2]]);
    });

    it('keeps a record without events, and numbers those that come after it', async () => {
      const record = { ...aRecord(token('tk-parts'), []), executions: [anExecution({ id: 'tk-parts:a:1' })] };
      await tokens().record(record);
      await tokens().record({ ...record, executions: [anExecution({ id: 'tk-parts:a:2' })] });
      await tokens().record(aRecord(token('tk-parts'), ['CREATED', 'EXECUTION_STARTED']));
      expect(await eventsOf('tk-parts')).toEqual(['1 CREATED', '2 EXECUTION_STARTED']);
      const second = token('tk-parts', { version: 2 });
      await tokens().record(aRecord(second, [], { from: 3 }));
      await tokens().record(aRecord(second, ['UPDATED'], { from: 3 }));
      expect(await eventsOf('tk-parts')).toEqual(['1 CREATED', '2 EXECUTION_STARTED', '3 UPDATED']);
      expect(await tokens().get('tk-parts')).toEqual(second);
      const stored = ['tk-parts:a:1', 'tk-parts:a:2'].map((id) => storage().executions.get(id));
      expect((await Promise.all(stored)).map((one) => one?.status)).toEqual(['PENDING', 'PENDING']);
    });

    it('changes nothing when a record is repeated or comes late', async () => {
      const first = aRecord(token('tk-late'), ['CREATED']);
      const second = aRecord(token('tk-late', { version: 2 }), ['UPDATED'], { from: 2 });
      const added = [];
      for (const record of [first, second, second, first]) added.push((await tokens().record(record))?.added);
      expect((await tokens().get('tk-late'))?.version).toBe(2);
      expect(await eventsOf('tk-late')).toEqual(['1 CREATED', '2 UPDATED']);
      expect(added).toEqual([[1], [2], [], []]);
    });

    it('adds an event once, of however many that record it at the same time', async () => {
      const record = aRecord(token('tk-at-once'), ['CREATED', 'UPDATED']);
      const recorded = await Promise.all(Array.from({ length: 4 }, () => tokens().record(record)));
      expect(recorded.flatMap((one) => one?.added ?? [])).toEqual([1, 2]);
      expect(await eventsOf('tk-at-once')).toEqual(['1 CREATED', '2 UPDATED']);
    });

    it('lets what is decided again replace what a lost workflow task had decided', { tags: 'lost-tasks' }, async () => {
      const later = '2026-11-23T05:00:07.000Z';
      const again = (record: RunRecord): RunRecord => ({
        ...record,
        events: record.events.map((event) => ({ ...event, timestamp: later })),
      });
      await tokens().record(aRecord(token('tk-again'), ['CREATED']));
      await tokens().record(aRecord(token('tk-again', { version: 2 }), ['UPDATED', 'COMPLETED'], { from: 2 }));
      await tokens().appendEvent('tk-again', { type: 'TRANSITION_REFUSED', version: 2, place: 'a', timestamp: NOW });
      const second = token('tk-again', { version: 2, place: 'reviewed', updatedAt: later });
      await tokens().record(again(aRecord(second, ['TRANSITION_FIRED'], { from: 2 })));
      expect(await tokens().get('tk-again')).toEqual(second);
      expect(await tokens().originOf('tk-again')).toEqual({ runId: 'run' });
      expect((await eventsOf('tk-again')).slice(0, 2)).toEqual(['1 CREATED', '2 TRANSITION_FIRED']);
      await tokens().record(aRecord(token('tk-again', { version: 2 }), ['UPDATED'], { from: 2 }));
      expect(await tokens().get('tk-again')).toEqual(second);
      expect((await eventsOf('tk-again')).slice(1)).toEqual([
        '2 TRANSITION_FIRED',
        '3 COMPLETED',
        '4 TRANSITION_REFUSED',
      ]);
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

    it('lets another run replace the token only where it follows the one before', { tags: 'newest-run' }, async () => {
      const old = token('tk-run', { version: 9 });
      const fresh = aRecord(token('tk-run'), ['CREATED'], { runId: 'fresh' });
      await tokens().record(aRecord(old, ['CREATED'], { runId: 'old' }));
      expect(await tokens().record(fresh)).toBeUndefined();
      expect(await tokens().record(fresh, 'another')).toBeUndefined();
      expect(await tokens().get('tk-run')).toEqual(old);
      expect(await tokens().record(fresh, 'old')).toMatchObject({ taken: [] });
      const late = aRecord(old, ['COMPLETED'], { runId: 'old', from: 2 });
      const executions = [anExecution({ id: 'tk-run:a:1', tokenId: 'tk-run' })];
      expect(await tokens().record({ ...late, executions })).toBeUndefined();
      expect(await tokens().get('tk-run')).toEqual(fresh.token);
      expect(await eventsOf('tk-run')).toEqual(['1 CREATED', '2 CREATED']);
      expect(await storage().executions.get('tk-run:a:1')).toBeUndefined();
    });

    it('takes what another run records from the middle of a life for new, once', { tags: 'lost-tasks' }, async () => {
      const types = ['CREATED', 'UPDATED', 'UPDATED'] as const;
      await tokens().record(aRecord(token('tk-back', { version: 3 }), types, { runId: 'lost' }));
      const second = token('tk-back', { version: 2, place: 'reviewed' });
      const reset = aRecord(second, ['RESET'], { runId: 'reset', from: 2 });
      await tokens().record({ ...reset, events: [] }, 'lost');
      await tokens().record(reset);
      const third = token('tk-back', { version: 3 });
      await tokens().record(aRecord(third, ['TRANSITION_FIRED'], { runId: 'reset', from: 3 }));
      await tokens().record(reset);
      const later = { timestamp: '2026-11-23T05:00:07.000Z' };
      const again = aRecord(third, ['COMPLETED'], { runId: 'reset', from: 3 });
      await tokens().record({ ...again, events: again.events.map((event) => ({ ...event, ...later })) });
      expect(await tokens().get('tk-back')).toEqual(third);
      const events = ['1 CREATED', '2 UPDATED', '3 UPDATED', '4 RESET', '5 COMPLETED'];
      expect(await eventsOf('tk-back')).toEqual(events);
    });

    it('numbers the events of a run without holes that begins in the middle of a life', async () => {
      await tokens().record(aRecord(token('tk-middle'), ['UPDATED', 'UPDATED'], { from: 41 }));
      await tokens().record(aRecord(token('tk-middle'), ['UPDATED'], { from: 43, runId: 'next' }), 'run');
      await tokens().record(aRecord(token('tk-middle'), ['COMPLETED'], { from: 44, runId: 'next' }));
      expect(await eventsOf('tk-middle')).toEqual(['1 UPDATED', '2 UPDATED', '3 UPDATED', '4 COMPLETED']);
    });

    it('remembers what a token was asked for with, until another one takes its id', async () => {
      expect(await tokens().originOf('tk-origin')).toBeUndefined();
      const first = aRecord(token('tk-origin'), ['CREATED']);
      await tokens().record({ ...first, request: 'asked' });
      const second = aRecord(token('tk-origin', { version: 2 }), ['UPDATED'], { from: 2 });
      await tokens().record({ ...second, request: 'asked' });
      expect(await tokens().originOf('tk-origin')).toEqual({ runId: 'run', request: 'asked' });
      await tokens().record(aRecord(token('tk-origin'), ['CREATED'], { runId: 'fresh' }), 'run');
      expect(await tokens().originOf('tk-origin')).toEqual({ runId: 'fresh' });
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
      const incident = { code: 'auth', message: 'no', since: NOW } as const;
      for (const n of [1, 2, 3]) {
        const createdAt = `2026-03-0${n}T00:00:00.000Z`;
        const fields = {
          workflowId: 'tk-list',
          workflowVersion: n,
          createdAt,
          ...(n === 2 ? { incident, place: 'reviewed' } : {}),
        };
        await tokens().record(aRecord(token(`tk-list-${n}`, fields), ['CREATED']));
      }
      const first = await tokens().list({ workflowId: 'tk-list' }, { first: 2 });
      expect(first.items.map(({ item }) => item.id)).toEqual(['tk-list-3', 'tk-list-2']);
      const after = first.items[1]?.cursor ?? '';
      expect((await tokens().list({ workflowId: 'tk-list' }, { first: 2, after })).items).toHaveLength(1);
      const filter = { workflowId: 'tk-list', hasIncident: true, place: 'reviewed', status: 'ACTIVE' } as const;
      expect((await tokens().list(filter, { first: 9 })).items.map(({ item }) => item.id)).toEqual(['tk-list-2']);
      const ofVersion = await tokens().list({ workflowId: 'tk-list', workflowVersion: 3 }, { first: 9 });
      expect(ofVersion.items.map(({ item }) => item.id)).toEqual(['tk-list-3']);
    });

    it('is terminated from outside once, with an event, and only while it is active', async () => {
      await tokens().record(aRecord(token('tk-end'), ['CREATED']));
      const how = { now: NOW, reason: 'terminated in the Temporal UI', runId: 'run' };
      expect(await tokens().terminate('tk-end', { ...how, runId: 'another' })).toBe(false);
      const ended = await Promise.all([tokens().terminate('tk-end', how), tokens().terminate('tk-end', how)]);
      expect(ended.filter(Boolean)).toHaveLength(1);
      expect(await tokens().get('tk-end')).toMatchObject({ status: 'TERMINATED', version: 2 });
      expect(await eventsOf('tk-end')).toEqual(['1 CREATED', '2 TERMINATED']);
      const { items } = await tokens().list({ status: 'TERMINATED' }, { first: 50 });
      expect(items.map(({ item }) => item.id)).toContain('tk-end');
      expect(await tokens().terminate('tk-nobody', how)).toBe(false);
    });
  });

  describe('the feed of all token events', () => {
    it('begins now, and gives what is recorded from then on, in pages', async () => {
      await tokens().record(aRecord(token('feed-before'), ['CREATED']));
      const begin = await tokens().readFeed(undefined, 10);
      expect(begin.events).toEqual([]);
      await tokens().record(aRecord(token('feed-a'), ['CREATED', 'UPDATED']));
      await tokens().appendEvent('feed-a', { type: 'UPDATED', version: 1, place: 'submitted', timestamp: NOW });
      await tokens().record(aRecord(token('feed-b'), ['CREATED']));
      const first = await readUntil(tokens(), begin.position, { count: 3, pageSize: 2 });
      expect(first.events).toEqual(['feed-a 1', 'feed-a 2', 'feed-a 3']);
      const rest = await readUntil(tokens(), first.position, { count: 1, pageSize: 2 });
      expect(rest.events).toEqual(['feed-b 1']);
    });

    it('skips nothing that is written while it is read', async () => {
      const { position } = await tokens().readFeed(undefined, 1);
      const written = Promise.all(
        Array.from({ length: 40 }, (_, n) => tokens().record(aRecord(token(`feed-many-${n}`), ['CREATED', 'UPDATED']))),
      );
      const { events } = await readUntil(tokens(), position, { count: 80, pageSize: 7 });
      await written;
      expect(new Set(events).size).toBe(80);
    });

    it('says when there is something to read', async () => {
      let wakes = 0;
      const unwatch = tokens().watchFeed(() => {
        wakes += 1;
      });
      // Whoever begins to listen is woken once by that.
      await new Promise((resolve) => setTimeout(resolve, 300));
      const before = wakes;
      await tokens().record(aRecord(token('feed-wake'), ['CREATED']));
      await eventually(() => {
        expect(wakes).toBeGreaterThan(before);
      });
      unwatch();
    });
  });
}

/** Reads on until as many events are there; what a page holds back comes with a later one. */
async function readUntil(
  tokens: TokenStore,
  from: FeedPosition,
  { count, pageSize }: { count: number; pageSize: number },
): Promise<{ readonly events: readonly string[]; readonly position: FeedPosition }> {
  const events: string[] = [];
  let position = from;
  while (events.length < count) {
    const page = await tokens.readFeed(position, Math.min(pageSize, count - events.length));
    events.push(...page.events.map(({ tokenId, sequence }) => `${tokenId} ${sequence}`));
    ({ position } = page);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return { events, position };
}
