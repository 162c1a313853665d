import { describe, expect, it } from 'vitest';

import type { AgentUseId } from '../../../src/core/definitions/rollout.js';
import { OUTLINE_MEMBERS } from '../../../src/core/executions/execution-outline.js';
import type { AgentExecution } from '../../../src/core/executions/execution.js';
import type { ExecutionStore } from '../../../src/storage/execution-store.js';
import { NOW } from '../../support/builders.js';

export function anExecution(fields: Partial<AgentExecution> & Pick<AgentExecution, 'id'>): AgentExecution {
  return {
    agentId: 'a',
    agentVersion: 1,
    conversationId: fields.id,
    status: 'PENDING',
    input: { text: 'x' },
    warnings: [],
    attempts: [],
    createdAt: NOW,
    ...fields,
  };
}

export function executionStoreContract(store: () => ExecutionStore): void {
  describe('executions', () => {
    it('gives back what is there when an id is created again', async () => {
      const first = await store().create(anExecution({ id: 'ex-same' }));
      expect(await store().create(anExecution({ id: 'ex-same', agentId: 'b' }))).toEqual(first);
      expect(await store().get('ex-same')).toEqual(first);
      expect(await store().get('ex-none')).toBeUndefined();
    });

    it('merges changes, and keeps an ended execution but for its last sequence', { tags: 'ended-stay' }, async () => {
      await store().create(anExecution({ id: 'ex-ended' }));
      await store().update('ex-ended', { status: 'RUNNING', startedAt: NOW });
      const ended = await store().update('ex-ended', {
        status: 'COMPLETED',
        finalResponse: 'é\u2028🙂',
        output: { a: null },
      });
      expect(ended).toMatchObject({ status: 'COMPLETED', startedAt: NOW, input: { text: 'x' } });
      await store().update('ex-ended', { status: 'FAILED', lastSequence: 7 });
      expect(await store().get('ex-ended')).toEqual({ ...ended, lastSequence: 7 });
      await expect(store().update('ex-none', {})).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('says to one of several that end an execution that it ended by that', { tags: 'ended-stay' }, async () => {
      await store().create(anExecution({ id: 'ex-end' }));
      const ends = await Promise.all(
        (['FAILED', 'TIMEOUT', 'CANCELLED'] as const).map((status) => store().end('ex-end', { status })),
      );
      const stored = await store().get('ex-end');
      expect(ends.filter(({ isNews }) => isNews)).toHaveLength(1);
      expect(ends.map(({ execution }) => execution)).toEqual([stored, stored, stored]);
      expect(await store().end('ex-end', { status: 'FAILED' })).toEqual({ execution: stored, isNews: false });
      await expect(store().end('ex-none', { status: 'FAILED' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('keeps text that no backend carries as it would be told: mended', async () => {
      const created = await store().create(anExecution({ id: 'ex-text', input: { 'k\0': ['half \uD83D'] } }));
      expect(created.input).toEqual({ 'k\uFFFD': ['half \uFFFD'] });
      const failed = await store().update('ex-text', { status: 'FAILED', errorMessage: '\uDE42 says who?\0' });
      expect(failed.errorMessage).toBe('\uFFFD says who?\uFFFD');
      expect(await store().get('ex-text')).toEqual(failed);
      expect(await store().storeTurn('ex-text', 1, { result: { text: '🙂\0' } })).toEqual({ text: '🙂\uFFFD' });
    });

    it('loses no change of two at once', async () => {
      await store().create(anExecution({ id: 'ex-race' }));
      await Promise.all([
        store().update('ex-race', { warnings: ['w'] }),
        store().update('ex-race', { finalResponse: 'f' }),
      ]);
      expect(await store().get('ex-race')).toMatchObject({ warnings: ['w'], finalResponse: 'f' });
    });

    it('keeps the first result of a turn', { tags: 'finished-turns' }, async () => {
      expect(await store().getTurn('ex-turn', 1)).toBeUndefined();
      expect(await store().storeTurn('ex-turn', 1, { result: { text: 'first' } })).toEqual({ text: 'first' });
      expect(await store().storeTurn('ex-turn', 1, { result: { text: 'second' } })).toEqual({ text: 'first' });
      expect(await store().getTurn('ex-turn', 1)).toEqual({ text: 'first' });
    });

    it('stores no turn of an attempt whose successor has claimed it', { tags: 'finished-turns' }, async () => {
      const by = (attempt: number, series = 'run/1') => ({ series, attempt });
      expect(await store().claimTurn('ex-claim', 1, by(3))).toBeUndefined();
      expect(await store().claimTurn('ex-claim', 1, by(2))).toBeUndefined();
      expect(await store().getTurn('ex-claim', 1)).toBeUndefined();
      expect(await store().storeTurn('ex-claim', 1, { result: 'late', claim: by(2) })).toBeUndefined();
      expect(await store().storeTurn('ex-claim', 1, { result: 'own', claim: by(3) })).toBe('own');
      expect(await store().storeTurn('ex-claim', 1, { result: 'late', claim: by(1) })).toBe('own');
      expect(await store().claimTurn('ex-claim', 1, by(4))).toBe('own');
      expect(await store().storeTurn('ex-claim', 2, { result: 'unclaimed', claim: by(1) })).toBe('unclaimed');
      // After a reset attempts are counted anew.
      await store().claimTurn('ex-claim', 3, by(5));
      expect(await store().storeTurn('ex-claim', 3, { result: 'anew', claim: by(1, 'run/2') })).toBe('anew');
    });

    it(
      'lets either an attempt store its turn or its successor claim it unfinished',
      { tags: 'finished-turns' },
      async () => {
        for (let turn = 1; turn <= 20; turn += 1) {
          const [stored, found] = await Promise.all([
            store().storeTurn('ex-both', turn, { result: 'first', claim: { series: 'run', attempt: 1 } }),
            store().claimTurn('ex-both', turn, { series: 'run', attempt: 2 }),
          ]);
          expect(found).toBe(stored);
          expect(await store().getTurn('ex-both', turn)).toBe(stored);
        }
      },
    );

    it('lists by every filter, newest first, page by page', async () => {
      for (const n of [1, 2, 3]) {
        await store().create(
          anExecution({ id: `ex-list-${n}`, tokenId: 'ex-token', createdAt: `2026-02-0${n}T00:00:00.000Z` }),
        );
      }
      await store().update('ex-list-2', { status: 'FAILED' });
      const first = await store().list({ tokenId: 'ex-token' }, { first: 2 });
      expect(first.items.map(({ item }) => item.id)).toEqual(['ex-list-3', 'ex-list-2']);
      expect(first.hasNextPage).toBe(true);
      const after = first.items[1]?.cursor ?? '';
      const rest = await store().list({ tokenId: 'ex-token' }, { first: 2, after });
      expect(rest.items.map(({ item }) => item.id)).toEqual(['ex-list-1']);
      expect(rest.hasNextPage).toBe(false);
      const failed = await store().list({ tokenId: 'ex-token', status: 'FAILED', agentId: 'a' }, { first: 9 });
      expect(failed.items).toHaveLength(1);
      const since = await store().list({ tokenId: 'ex-token', since: '2026-02-02T00:00:00.000Z' }, { first: 9 });
      expect(since.items).toHaveLength(2);
      const before = await store().list({ tokenId: 'ex-token', before: '2026-02-02T00:00:00.000Z' }, { first: 9 });
      expect(before.items.map(({ item }) => item.createdAt < '2026-02-02T00:00:00.000Z')).toEqual([true]);
      const used = await store().listOutlines({ tokenId: 'ex-token', status: 'FAILED', agentId: 'a' }, { first: 9 });
      expect(used.items.map(({ item }) => item)).toMatchObject(
        failed.items.map(({ item }) =>
          Object.fromEntries(Object.entries(item).filter(([name]) => OUTLINE_MEMBERS.includes(name))),
        ),
      );
      await expect(store().list({}, { first: 1, after: 'no cursor' })).rejects.toMatchObject({
        code: 'VALIDATION_FAILED',
      });
    });

    it('lists those that ran for one transition or one place agent of a workflow', async () => {
      const of = (id: string, more: object) =>
        store().create(anExecution({ id: `ex-use-${id}`, tokenId: 'ex-used', workflowId: 'ex-uses', ...more }));
      await of('a', { transitionId: 'review' });
      await of('b', { transitionId: 'sign' });
      await of('c', { placeAgentId: 'review' });
      const idsOf = async (use: AgentUseId) => {
        const { items } = await store().listOutlines({ workflowId: 'ex-uses', use }, { first: 9 });
        return items.map(({ item }) => item.id);
      };
      expect(await idsOf({ transitionId: 'review' })).toEqual(['ex-use-a']);
      expect(await idsOf({ placeAgentId: 'review' })).toEqual(['ex-use-c']);
      expect(await idsOf({ placeAgentId: 'nobody' })).toEqual([]);
    });

    it('lists the ended whose stream is not known to be closed', async () => {
      for (const id of ['ex-open', 'ex-unclosed', 'ex-closed']) await store().create(anExecution({ id }));
      await store().update('ex-unclosed', { status: 'FAILED' });
      await store().update('ex-closed', { status: 'FAILED' });
      await store().update('ex-closed', { lastSequence: 1 });
      const ids = (await store().listUnclosed(1000)).map(({ id }) => id);
      expect(ids).toContain('ex-unclosed');
      expect(ids).not.toContain('ex-closed');
      expect(ids).not.toContain('ex-open');
      const others = (await store().listUnclosed(1000, ['ex-unclosed', 'ex-none'])).map(({ id }) => id);
      expect(others).toEqual(ids.filter((id) => id !== 'ex-unclosed'));
    });

    it('lists closed streams by the end of their execution, oldest first, until they are marked as removed', async () => {
      const ends = { 'ex-gone-b': '02', 'ex-gone-a': '01', 'ex-gone-c': '03' };
      for (const [id, day] of Object.entries(ends)) {
        await store().create(anExecution({ id, createdAt: '2025-12-01T00:00:00.000Z' }));
        await store().update(id, { status: 'FAILED', completedAt: `2025-12-${day}T00:00:00.000Z` });
      }
      const expired = () => store().listExpiredStreams('2025-12-03T00:00:00.000Z', 10);
      expect(await expired()).toEqual([]);
      for (const id of Object.keys(ends)) await store().update(id, { lastSequence: 3 });
      expect(await expired()).toEqual(['ex-gone-a', 'ex-gone-b']);
      expect(await store().listExpiredStreams('2025-12-03T00:00:00.000Z', 1)).toEqual(['ex-gone-a']);
      expect(await store().listExpiredStreams('2025-12-03T00:00:00.000Z', 1, ['ex-gone-a'])).toEqual(['ex-gone-b']);
      await store().markStreamsRemoved(['ex-gone-a', 'ex-none']);
      expect(await expired()).toEqual(['ex-gone-b']);
      expect(await store().get('ex-gone-a')).toMatchObject({ status: 'FAILED', lastSequence: 3 });
      await store().update('ex-gone-a', { lastSequence: 2 });
      expect(await expired()).toEqual(['ex-gone-a', 'ex-gone-b']);
    });
  });
}
