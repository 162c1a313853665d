import { describe, expect, it } from 'vitest';

import type { ToolServer } from '../../../src/core/agents/tool-server.js';
import type { ToolOffer } from '../../../src/core/agents/tool-offer.js';
import type { ToolOutcome } from '../../../src/core/executions/tool-call.js';
import type { ToolApproval } from '../../../src/core/executions/tool-approval.js';
import type { Storage } from '../../../src/storage/storage.js';
import { anExecution } from './execution-store.js';

function anOffer(name: string, description = 'Looks up.'): ToolOffer {
  return {
    name,
    description,
    parameters: { type: 'object' },
    idempotent: true,
    needsApproval: false,
    timeoutSeconds: 30,
  };
}

const DONE: ToolOutcome = { type: 'answered', result: { found: 'ä\u0000' } };

export function toolStoreContract(storage: () => Storage): void {
  const store = () => storage().tools;

  describe('what workers offer', () => {
    it('is listed by name as it was offered last, and forgotten when nobody has offered it for long', async () => {
      const names = async () => (await store().offers()).map(({ name }) => name);
      await store().offer([anOffer('t-b'), anOffer('t-a')], '2031-01-01T00:00:00.000Z', '2030-12-31T00:00:00.000Z');
      await store().offer([anOffer('t-a', 'New.')], '2031-01-02T12:00:00.000Z', '2031-01-01T00:00:00.000Z');
      expect(await names()).toEqual(['t-a', 't-b']);
      expect((await store().offers())[0]).toEqual(anOffer('t-a', 'New.'));
      await store().offer([], '2031-01-02T12:00:00.000Z', '2031-01-02T00:00:00.000Z');
      expect(await names()).toEqual(['t-a']);
    });

    it('is there no more when it is withdrawn', async () => {
      await store().offer([anOffer('t-a'), anOffer('t-b')], '2031-01-03T00:00:00.000Z', '2031-01-01T00:00:00.000Z');
      await store().withdraw(['t-b', 't-z']);
      expect((await store().offers()).map(({ name }) => name)).toEqual(['t-a']);
    });
  });

  describe('the MCP servers of workers', () => {
    it('are listed by name as they were seen last, and forgotten when nobody has seen them for long', async () => {
      const away: ToolServer = { name: 's-b', transport: 'stdio', works: false, errorMessage: 'Away.', tools: [] };
      const tools = [{ name: 'mcp/s-a/read', description: 'Reads.' }];
      const there: ToolServer = { name: 's-a', transport: 'streamable_http', works: true, tools };
      const [dayOne, dayTwo] = ['2031-01-01T00:00:00.000Z', '2031-01-02T00:00:00.000Z'];
      const keep = (worker: string, servers: readonly ToolServer[], at: string, forgetBefore = dayOne) =>
        store().keepServers({ worker, servers, at, forgetBefore });
      await keep('w-2', [{ ...there, works: false }, away], dayOne);
      await keep('w-2', [there], dayTwo);
      await keep('w-1', [{ ...there, works: false }], dayTwo);
      expect(await store().servers()).toEqual([
        { worker: 'w-1', seenAt: dayTwo, server: { ...there, works: false } },
        { worker: 'w-2', seenAt: dayTwo, server: there },
        { worker: 'w-2', seenAt: dayOne, server: away },
      ]);
      await keep('w-1', [], dayTwo, dayTwo);
      expect((await store().servers()).map(({ worker }) => worker)).toEqual(['w-1', 'w-2']);
    });
  });

  describe('calls of tools', () => {
    it('count the attempts that began, each once', async () => {
      const place = { executionId: 'tool-count', turn: 1, index: 0 };
      expect(await store().beginCall(place, 'first')).toEqual({ attempts: 1 });
      expect(await store().beginCall(place, 'first')).toEqual({ attempts: 1 });
      expect(await store().beginCall(place, 'second')).toEqual({ attempts: 2 });
      expect(await store().beginCall({ ...place, index: 1 }, 'second')).toEqual({ attempts: 1 });
    });

    it('keep the first outcome, which whoever begins again is told', async () => {
      const place = { executionId: 'tool-end', turn: 2, index: 1 };
      await store().beginCall(place, 'first');
      const kept = { type: 'answered', result: { found: 'ä\uFFFD' } };
      expect(await store().endCall(place, DONE)).toEqual(kept);
      expect(await store().endCall(place, { type: 'unknown', message: 'Lost.' })).toEqual(kept);
      expect(await store().beginCall(place, 'second')).toEqual({ attempts: 2, outcome: kept });
      await store().beginCall({ ...place, index: 2 }, 'first');
      expect(await store().outcomes('tool-end', 2)).toEqual(new Map([[1, kept]]));
      expect(await store().outcomes('tool-end', 1)).toEqual(new Map());
    });
  });

  describe('calls that people are asked about', () => {
    const asked = (executionId: string, index = 0, minute = 1): ToolApproval => ({
      ...{ executionId, turn: 1, index, toolCallId: `c${index}`, toolName: 'pay', arguments: { amount: 7 } },
      requestedAt: `2031-01-01T00:0${minute}:00.000Z`,
      expiresAt: '2031-01-08T00:00:00.000Z',
    });
    const approved = (approval: ToolApproval, minute = 5): ToolApproval => ({
      ...approval,
      decision: { decision: 'approved', arguments: { amount: 5 }, decidedAt: `2031-01-01T00:0${minute}:00.000Z` },
    });
    const run = (id: string) => storage().executions.create(anExecution({ id, status: 'WAITING_FOR_APPROVAL' }));
    const waiting = async (prefix: string) =>
      (await store().listWaiting({ first: 200 })).items
        .map(({ item }) => `${item.executionId} ${item.toolCallId}`)
        .filter((one) => one.startsWith(prefix));

    it('are listed while they wait, who waits longest first, in pages', async () => {
      await Promise.all(['ask-a', 'ask-b'].map(run));
      for (const one of [asked('ask-b', 0, 3), asked('ask-a', 1), asked('ask-a', 0), asked('ask-b', 1, 2)]) {
        await store().storeApproval(one);
      }
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await store().listWaiting({ first: 1, ...(after === undefined ? {} : { after }) });
        seen.push(...page.items.map(({ item }) => `${item.executionId} ${item.toolCallId}`));
        after = page.hasNextPage ? page.items[0]?.cursor : undefined;
      } while (after !== undefined);
      expect(seen.filter((one) => one.startsWith('ask-'))).toEqual(['ask-a c0', 'ask-a c1', 'ask-b c1', 'ask-b c0']);
      await expect(store().listWaiting({ first: 1, after: 'nonsense' })).rejects.toMatchObject({
        code: 'VALIDATION_FAILED',
      });
    });

    it('are kept with what was said, by execution, in the order of the calls', async () => {
      await run('said');
      const [first, second] = [asked('said', 0), asked('said', 1)];
      await store().storeApproval(second);
      await store().storeApproval(first);
      await store().storeApproval(approved(first));
      expect(await store().approvals(['said', 'nobody', 'said'])).toEqual([
        [approved(first), second],
        [],
        [approved(first), second],
      ]);
      expect(await waiting('said')).toEqual(['said c1']);
    });

    it('keep what is newest: what comes late changes nothing, and what a lost task decided never was', async () => {
      await run('late');
      const one = asked('late');
      await store().storeApproval(approved(one));
      await store().storeApproval(one);
      expect(await waiting('late')).toEqual([]);
      const again = { ...asked('late', 0, 6), expiresAt: '2031-01-09T00:00:00.000Z' };
      await store().storeApproval(again);
      expect(await waiting('late')).toEqual(['late c0']);
      expect(await store().approvals(['late'])).toEqual([[again]]);
    });

    it('begin and end like any other', async () => {
      await run('begun');
      await store().storeApproval(asked('begun'));
      const place = { executionId: 'begun', turn: 1, index: 0 };
      expect(await store().outcomes('begun', 1)).toEqual(new Map());
      expect(await store().beginCall(place, 'first')).toEqual({ attempts: 1 });
      await store().endCall(place, { type: 'answered', result: 1 });
      expect(await store().approvals(['begun'])).toEqual([[asked('begun')]]);
      await store().storeApproval(asked('begun', 1));
      const rejected = { type: 'failed', message: 'A person rejected the call.' } as const;
      expect(await store().endCall({ ...place, index: 1 }, rejected)).toEqual(rejected);
      expect([...(await store().outcomes('begun', 1)).keys()].sort()).toEqual([0, 1]);
    });

    it('wait no longer than their execution', async () => {
      await run('over');
      await store().storeApproval(asked('over', 0));
      await storage().executions.update('over', { status: 'CANCELLED' });
      expect(await waiting('over')).toEqual([]);
      await store().storeApproval(asked('over', 1));
      expect(await waiting('over')).toEqual([]);
      expect((await store().approvals(['over']))[0]).toHaveLength(2);
    });
  });
}
