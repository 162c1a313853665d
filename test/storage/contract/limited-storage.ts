import { describe, expect, it } from 'vitest';

import { limitedStorage } from '../../../src/storage/limited-storage.js';
import type { Page, PageRequest } from '../../../src/storage/page.js';
import type { Storage } from '../../../src/storage/storage.js';
import { aDefinition, anAgent, aPlaceAgent, aToken, NOW } from '../../support/builders.js';
import { anExecution } from './execution-store.js';

const OWN = 'lim-own';
const OTHER = 'lim-other';

/** What each way of asking gives to somebody who is limited to a workflow. */
export function limitedStorageContract(storage: () => Storage): void {
  describe('a storage that is limited to a workflow', () => {
    const limited = () => limitedStorage(storage(), [OWN]);

    /** Two of everything, one of each workflow, the other's always newer. */
    async function fill(): Promise<void> {
      for (const [workflowId, minute] of [
        [OWN, 1],
        [OTHER, 2],
      ] as const) {
        const createdAt = `2031-02-01T00:0${minute}:00.000Z`;
        const token = aToken(aDefinition(), { id: `${workflowId}-t`, workflowId, createdAt, updatedAt: createdAt });
        await storage().tokens.record({ token, runId: 'r', events: [], executions: [] });
        const tokenId = token.id;
        const execution = anExecution({ id: `${workflowId}-e`, tokenId, workflowId, agentId: 'lim-a', createdAt });
        await storage().executions.create({ ...execution, status: 'WAITING_FOR_APPROVAL' });
        await storage().conversations.create({ id: `${workflowId}-c`, agentId: 'lim-a', tokenId, createdAt });
        await storage().placeAgents.create({ ...aPlaceAgent(), id: `${workflowId}-pa`, workflowId, createdAt });
        await storage().tools.storeApproval({
          ...{ executionId: execution.id, turn: 1, index: 0, toolCallId: 'c', toolName: 'pay', arguments: {} },
          requestedAt: createdAt,
          expiresAt: createdAt,
        });
      }
      await storage().executions.create(anExecution({ id: 'lim-none-e', agentId: 'lim-a', createdAt: NOW }));
      await storage().conversations.create({ id: 'lim-none-c', agentId: 'lim-a', createdAt: NOW });
    }

    async function idsOf<Item>(
      read: (page: PageRequest) => Promise<Page<Item>>,
      idOf: (item: Item) => string,
    ): Promise<readonly string[]> {
      const ids: string[] = [];
      let after: string | undefined;
      for (;;) {
        const page = await read({ first: 1, ...(after === undefined ? {} : { after }) });
        ids.push(...page.items.map(({ item }) => idOf(item)));
        after = page.items.at(-1)?.cursor;
        if (!page.hasNextPage || after === undefined) return ids;
      }
    }

    it('has what is of the workflow, in lists, by id and together', async () => {
      await fill();
      const { tokens, executions, conversations, placeAgents, tools } = limited();
      expect(
        await idsOf(
          (page) => tokens.list({}, page),
          ({ id }) => id,
        ),
      ).toEqual([`${OWN}-t`]);
      expect(
        await idsOf(
          (page) => tokens.list({ workflowId: OTHER }, page),
          ({ id }) => id,
        ),
      ).toEqual([]);
      expect(
        await idsOf(
          (page) => executions.list({ agentId: 'lim-a' }, page),
          ({ id }) => id,
        ),
      ).toEqual([`${OWN}-e`]);
      expect(
        await idsOf(
          (page) => tools.listWaiting(page),
          ({ executionId }) => executionId,
        ),
      ).toEqual([`${OWN}-e`]);
      expect((await conversations.listForAgent('lim-a', { first: 1 })).map(({ id }) => id)).toEqual([`${OWN}-c`]);
      expect((await placeAgents.list({}, { first: 9 })).map(({ id }) => id)).toEqual([`${OWN}-pa`]);
      for (const [workflowId, there] of [
        [OWN, true],
        [OTHER, false],
        ['lim-none', false],
      ] as const) {
        const found = [
          await tokens.get(`${workflowId}-t`),
          (await tokens.getMany([`${workflowId}-t`]))[0],
          await executions.get(`${workflowId}-e`),
          (await executions.getMany([`${workflowId}-e`]))[0],
          await conversations.get(`${workflowId}-c`),
          await placeAgents.get(`${workflowId}-pa`),
          (await placeAgents.listForWorkflow(workflowId))[0],
          (await tools.approvals([`${workflowId}-e`]))[0]?.[0],
        ];
        expect(found.map((one) => one !== undefined)).toEqual(found.map(() => there));
      }
    });

    it('has nothing of breakers, keys and answers, which all workflows share', async () => {
      const { breakers, providerKeys, answerCache } = limited();
      const key = { provider: 'mock', origin: '', model: 'lim' } as const;
      const changes = [
        () => breakers.replace(key, undefined, { type: 'closed', failures: 1 }),
        () => providerKeys.mark({ endpoint: 'lim', kind: 'auth', model: '', forMs: 60_000 }),
        () => providerKeys.clearRefusals('lim'),
        () => answerCache.purge('lim-a'),
      ];
      for (const change of changes) expect(change).toThrow('limited to some workflows');
      expect(await breakers.list()).toEqual([]);
    });

    it('knows and changes how far agents are brought into its own workflows alone', async () => {
      const kept = (workflowId: string) => ({
        ...{ workflowId, use: { transitionId: 'review' }, agentId: 'a', saidAt: NOW, changedAt: NOW },
        rollout: { mode: 'off' as const, percent: 100 },
      });
      for (const workflowId of [OWN, OTHER]) await storage().rollouts.set(kept(workflowId));
      const { rollouts } = limited();
      await rollouts.set(kept(OWN));
      expect(() => rollouts.set(kept(OTHER))).toThrow('limited to some workflows');
      expect(await rollouts.listForWorkflow(OTHER)).toEqual([]);
      expect(await rollouts.listForWorkflows([OTHER, OWN, OTHER])).toEqual([[], [kept(OWN)], []]);
    });

    it('names no other workflow that may use an agent', async () => {
      const both = { id: 'lim-both', content: anAgent({ allowedWorkflows: [OTHER, OWN] }) };
      const others = { id: 'lim-others', content: anAgent({ allowedWorkflows: [OTHER] }) };
      for (const { id, content } of [both, others]) await storage().agents.create(id, content, NOW);
      const { agents } = limited();
      const ids = [{ id: both.id }, { id: others.id }];
      const shown = [
        ...[await agents.get(both.id), await agents.get(others.id)],
        ...(await agents.getMany(ids)),
        ...(await agents.getManyEver(ids)),
        ...(await agents.list({ first: 100 })),
      ];
      expect(shown.some((agent) => agent?.id === both.id)).toBe(true);
      const named = shown.flatMap((agent) => agent?.allowedWorkflows ?? []);
      expect([...new Set(named)]).toEqual([OWN]);
      expect(await agents.get(others.id)).toBeUndefined();
    });

    it('changes nothing of others', async () => {
      await fill();
      const { tokens, executions, placeAgents, workflows, agents } = limited();
      await expect(executions.end(`${OTHER}-e`, { status: 'CANCELLED' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(executions.update(`${OTHER}-e`, { status: 'CANCELLED' })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
      const how = { now: NOW, reason: 'x', runId: 'r' };
      await expect(tokens.terminate(`${OTHER}-t`, how)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect(await placeAgents.delete(`${OTHER}-pa`)).toBe(false);
      const content = {
        name: 'N',
        places: ['p'],
        initialPlace: 'p',
        transitions: [],
        rules: {},
        placeAgents: [],
      } as never;
      await expect(workflows.save(OTHER, content, { hash: 'h', now: NOW })).rejects.toMatchObject({
        code: 'FORBIDDEN',
      });
      expect(() => agents.delete('lim-a')).toThrow(/limited to some workflows/);
      expect(await storage().placeAgents.get(`${OTHER}-pa`)).toBeDefined();
    });
  });
}
