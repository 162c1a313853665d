import { describe, expect, it } from 'vitest';

import type { AgentExecution } from '../../../src/core/executions/execution.js';
import type { Token } from '../../../src/core/tokens/token.js';
import type { Storage } from '../../../src/storage/storage.js';
import { aDefinition, aToken, NOW } from '../../support/builders.js';
import { anExecution } from './execution-store.js';

/** Earlier than whatever other tests of the contract store. */
const [FIRST, SECOND, THIRD] = ['1999-01-01T00:00:00.000Z', '1999-01-02T00:00:00.000Z', '1999-01-03T00:00:00.000Z'];
const LEAVE = { now: NOW, conversations: 'leave' } as const;

/** What goes when its time is over, or somebody asks for it, and what must not go. */
export function deletionContract(storage: () => Storage): void {
  const record = (fields: Partial<Token> & Pick<Token, 'id'>, runId = 'run', followed?: string) =>
    storage().tokens.record(
      {
        token: aToken(aDefinition(), { status: 'COMPLETED', ...fields }),
        runId,
        events: [{ type: 'CREATED', version: 1, place: 'submitted', timestamp: NOW, number: 1 }],
        executions: [],
      },
      followed,
    );
  const anEnded = async (fields: Partial<AgentExecution> & Pick<AgentExecution, 'id'>, completedAt = FIRST) => {
    await storage().executions.create(anExecution(fields));
    await storage().executions.update(fields.id, { status: 'COMPLETED', completedAt });
  };
  const aConversation = async (id: string, timestamp: string) => {
    await storage().conversations.create({ id, agentId: 'del-agent', createdAt: FIRST });
    await storage().conversations.append(id, 0, [{ role: 'user', content: 'said', timestamp }]);
    const count = (await storage().conversations.get(id))?.messages.length ?? 0;
    await storage().conversations.append(id, count, [{ role: 'assistant', content: 'more', timestamp }]);
  };
  const isThere = async (id: string) => (await storage().conversations.get(id)) !== undefined;

  describe('tokens that are deleted', () => {
    it('are listed by their end, the oldest first, while they are there and have ended', async () => {
      await record({ id: 'del-b', updatedAt: FIRST });
      await record({ id: 'del-a', updatedAt: FIRST });
      await record({ id: 'del-c', updatedAt: SECOND, status: 'CANCELLED' });
      await record({ id: 'del-lives', updatedAt: FIRST, status: 'ACTIVE' });
      const listed = async (first: number, after?: { id: string; endedAt: string }) =>
        (await storage().tokens.listEnded(THIRD, { first, ...(after === undefined ? {} : { after }) })).map(
          ({ id }) => id,
        );
      expect(await listed(9)).toEqual(['del-a', 'del-b', 'del-c']);
      expect(await storage().tokens.listEnded(SECOND, { first: 1 })).toEqual([{ id: 'del-a', endedAt: FIRST }]);
      expect(await listed(1, { id: 'del-a', endedAt: FIRST })).toEqual(['del-b']);
      await storage().tokens.delete('del-a', { runId: 'run', now: NOW });
      expect(await listed(9)).toEqual(['del-b', 'del-c']);
    });

    it('are gone with their events, once, and only where they have ended by the run that is meant', async () => {
      const { tokens } = storage();
      await record({ id: 'del-once' });
      await record({ id: 'del-active', status: 'ACTIVE' });
      const how = { runId: 'run', now: NOW };
      expect(await tokens.delete('del-once', { ...how, runId: 'another' })).toBe(false);
      expect(await tokens.delete('del-active', how)).toBe(false);
      expect(await tokens.get('del-active')).toBeDefined();
      expect(await Promise.all([tokens.delete('del-once', how), tokens.delete('del-once', how)])).toContain(true);
      expect(await tokens.delete('del-once', how)).toBe(false);
      expect(await tokens.get('del-once')).toBeUndefined();
      expect(await tokens.originOf('del-once')).toBeUndefined();
      expect(await tokens.listEvents('del-once', { after: 0, first: 9 })).toEqual([]);
      expect(await tokens.newestEvent('del-once')).toBeUndefined();
    });

    it('are not brought back by a record that comes late, and begin anew under another run', async () => {
      const { tokens } = storage();
      await record({ id: 'del-late' });
      await tokens.delete('del-late', { runId: 'run', now: NOW });
      expect(await tokens.deletedRunOf('del-late')).toBe('run');
      for (const followed of [undefined, 'run', 'other']) {
        expect(await record({ id: 'del-late', version: 9 }, 'run', followed)).toBeUndefined();
      }
      // A run that the deleted one had followed, which does not know of it either.
      expect(await record({ id: 'del-late' }, 'older')).toBeUndefined();
      expect(await tokens.get('del-late')).toBeUndefined();
      expect(await record({ id: 'del-late', status: 'ACTIVE' }, 'anew', 'run')).toMatchObject({ taken: [] });
      expect(await record({ id: 'del-late', version: 2, status: 'ACTIVE' }, 'anew')).toMatchObject({ taken: [] });
      expect(await record({ id: 'del-late', version: 9 }, 'run', 'anew')).toBeUndefined();
      expect(await tokens.get('del-late')).toMatchObject({ version: 2, status: 'ACTIVE' });
    });

    it('take executions of a late record with them: none is stored', async () => {
      const { tokens, executions } = storage();
      await record({ id: 'del-parent' });
      await tokens.delete('del-parent', { runId: 'run', now: NOW });
      const late = { token: aToken(aDefinition(), { id: 'del-parent' }), events: [] };
      const started = [anExecution({ id: 'del-parent:review:1', tokenId: 'del-parent' })];
      for (const runId of ['run', 'older']) {
        expect(await tokens.record({ ...late, runId, executions: started })).toBeUndefined();
      }
      expect(await executions.get('del-parent:review:1')).toBeUndefined();
    });

    it('are forgotten in time', async () => {
      const { tokens } = storage();
      for (const id of ['del-old-1', 'del-old-2']) {
        await record({ id });
        await tokens.delete(id, { runId: 'run', now: FIRST });
      }
      await record({ id: 'del-new' });
      await tokens.delete('del-new', { runId: 'run', now: THIRD });
      expect(await tokens.forgetDeleted(SECOND, 1)).toBe(1);
      expect(await tokens.forgetDeleted(SECOND, 9)).toBe(1);
      expect(await tokens.deletedRunOf('del-old-1')).toBeUndefined();
      expect(await tokens.deletedRunOf('del-new')).toBe('run');
    });
  });

  describe('executions that are deleted', () => {
    it('are listed by their end where they have no token', async () => {
      await anEnded({ id: 'del-alone-b' }, FIRST);
      await anEnded({ id: 'del-alone-a' }, FIRST);
      await anEnded({ id: 'del-alone-c' }, SECOND);
      await anEnded({ id: 'del-with-token', tokenId: 'del-kept' }, FIRST);
      await storage().executions.create(anExecution({ id: 'del-alone-lives', createdAt: FIRST }));
      const after = { id: 'del-alone-a', endedAt: FIRST };
      const listed = await storage().executions.listEndedAlone(THIRD, { first: 9 });
      expect(listed.map(({ id }) => id)).toEqual(['del-alone-a', 'del-alone-b', 'del-alone-c']);
      expect(await storage().executions.listEndedAlone(SECOND, { first: 1, after })).toEqual([
        { id: 'del-alone-b', endedAt: FIRST },
      ]);
    });

    it('are gone from every list, with their turns and calls; those that live stay', async () => {
      const { executions, tools } = storage();
      const ids = ['del-gone', 'del-alive'];
      for (const id of ids) {
        await executions.create(anExecution({ id, agentId: 'del-lists', workflowId: 'del-w', tokenId: 'del-t' }));
        for (let turn = 1; turn < 13; turn += 1) await executions.storeTurn(id, turn, { result: { said: turn } });
        await tools.beginCall({ executionId: id, turn: 1, index: 0 }, 'one');
        await tools.endCall({ executionId: id, turn: 1, index: 0 }, { type: 'answered', result: 'found' });
      }
      await executions.update('del-gone', { status: 'FAILED', completedAt: FIRST });
      await executions.update('del-gone', { lastSequence: 3 });
      expect(await executions.delete([...ids, 'del-none'], LEAVE)).toEqual({ deleted: 1, alive: ['del-alive'] });
      expect(await executions.delete(['del-gone'], LEAVE)).toEqual({ deleted: 0, alive: [] });
      expect(await executions.getMany(ids)).toMatchObject([undefined, { id: 'del-alive' }]);
      for (const filter of [{ agentId: 'del-lists' }, { workflowId: 'del-w' }, { tokenId: 'del-t' }]) {
        const { items } = await executions.list(filter, { first: 9 });
        expect(items.map(({ item }) => item.id)).toEqual(['del-alive']);
      }
      expect(await executions.listExpiredStreams(THIRD, 100)).not.toContain('del-gone');
      for (const turn of [1, 9, 12]) expect(await executions.getTurn('del-gone', turn)).toBeUndefined();
      expect(await executions.getTurn('del-alive', 12)).toEqual({ said: 12 });
      expect((await tools.outcomes('del-gone', 1)).size).toBe(0);
      expect((await tools.outcomes('del-alive', 1)).size).toBe(1);
    });

    it('leave no request behind that waits for a batch; those of others wait on', async () => {
      const { executions, batches } = storage();
      const request = { turn: 1, groupId: 'del-batched', path: '/', body: '{}' };
      for (const id of ['del-batched', 'del-waits'])
        await batches.join({ ...request, executionId: id, customId: id }, { runId: 'r', now: FIRST });
      await anEnded({ id: 'del-batched' });
      await executions.create(anExecution({ id: 'del-waits' }));
      await executions.delete(['del-batched', 'del-waits'], LEAVE);
      await batches.claim('del-batched', 'del-batch', { lines: 10, bytes: 100 });
      expect((await batches.placesIn('del-batch')).map(({ executionId }) => executionId)).toEqual(['del-waits']);
    });

    it('do not come back by whoever begins them late, until it is forgotten that they were there', async () => {
      const { executions } = storage();
      await anEnded({ id: 'del-again' });
      await executions.delete(['del-again'], { ...LEAVE, now: FIRST });
      await expect(executions.create(anExecution({ id: 'del-again' }))).rejects.toMatchObject({
        code: 'ALREADY_EXISTS',
      });
      await expect(executions.update('del-again', { warnings: [] })).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect(await executions.listDeleted(FIRST, 9)).not.toContain('del-again');
      expect(await executions.listDeleted(SECOND, 1)).toEqual(['del-again']);
      await executions.forgetDeleted(['del-again']);
      expect(await executions.listDeleted(SECOND, 9)).toEqual([]);
      expect(await executions.create(anExecution({ id: 'del-again' }))).toMatchObject({ status: 'PENDING' });
    });

    it('leave nothing behind that was written of them late, once they are deleted again', async () => {
      const { executions, tools } = storage();
      await anEnded({ id: 'del-frozen' });
      await executions.delete(['del-frozen'], LEAVE);
      await executions.storeTurn('del-frozen', 1, { result: { late: true } });
      await tools.beginCall({ executionId: 'del-frozen', turn: 1, index: 0 }, 'one');
      await executions.delete(['del-frozen'], LEAVE);
      expect(await executions.getTurn('del-frozen', 1)).toBeUndefined();
      expect(await tools.beginCall({ executionId: 'del-frozen', turn: 1, index: 0 }, 'two')).toEqual({ attempts: 1 });
    });

    it('tell the audit all that there was to tell before', async () => {
      await anEnded({ id: 'del-told' });
      await storage().executions.delete(['del-told'], LEAVE);
      await storage().catchUp();
      const { waiting } = await storage().audit.end(10_000);
      const told = waiting.filter(({ entry }) => entry.subject === 'del-told').map(({ entry }) => entry.action);
      expect(told).toEqual(['execution.start', 'execution.end']);
    });

    it('begin anew with a token that begins anew under its id', async () => {
      const { executions, tokens } = storage();
      await record({ id: 'del-anew' });
      const id = 'del-anew:review:1';
      await anEnded({ id, tokenId: 'del-anew' });
      await executions.delete([id], LEAVE);
      await tokens.delete('del-anew', { runId: 'run', now: NOW });
      const token = aToken(aDefinition(), { id: 'del-anew' });
      const again = { token, runId: 'anew', events: [], executions: [anExecution({ id, tokenId: 'del-anew' })] };
      expect(await tokens.record(again, 'run')).toMatchObject({ taken: [] });
      expect(await executions.create(anExecution({ id, tokenId: 'del-anew' }))).toMatchObject({ status: 'PENDING' });
    });
  });

  describe('conversations that are deleted', () => {
    it('go with their executions where that is asked for', async () => {
      await anEnded({ id: 'del-talk' });
      await aConversation('del-talk', FIRST);
      await storage().executions.delete(['del-talk'], { now: NOW, conversations: 'delete' });
      expect(await isThere('del-talk')).toBe(false);
      const { conversations } = storage();
      expect((await conversations.create({ id: 'del-talk', agentId: 'a', createdAt: NOW })).messages).toEqual([]);
    });

    it('stay while an execution has them, or they were used a while ago only', async () => {
      const { conversations, executions } = storage();
      await anEnded({ id: 'del-unused' });
      await anEnded({ id: 'del-used-late' });
      await anEnded({ id: 'del-had' });
      await anEnded({ id: 'del-goes-on', conversationId: 'del-had' });
      await anEnded({ id: 'del-never-alone' });
      for (const id of ['del-unused', 'del-had', 'del-never-alone']) await aConversation(id, FIRST);
      await aConversation('del-used-late', THIRD);
      const left = ['del-unused', 'del-used-late', 'del-had'];
      await executions.delete(left, LEAVE);
      const deleted = async (before: string) => {
        let count = 0;
        for (let more = true; more;) {
          const some = await conversations.deleteUnused(before, 2);
          [count, more] = [count + some.deleted, some.hasMore];
        }
        return count;
      };
      expect(await deleted(SECOND)).toBe(1);
      const after = async () => (await Promise.all([...left, 'del-never-alone'].map(isThere))).map(Number);
      expect(await after()).toEqual([0, 1, 1, 1]);
      expect(await deleted('1999-01-04T00:00:00.000Z')).toBe(1);
      expect(await after()).toEqual([0, 0, 1, 1]);
      await executions.delete(['del-goes-on'], LEAVE);
      expect(await deleted(SECOND)).toBe(1);
      expect(await after()).toEqual([0, 0, 0, 1]);
      expect(await conversations.listForAgent('del-agent', { first: 9 })).toHaveLength(1);
    });
  });
}
