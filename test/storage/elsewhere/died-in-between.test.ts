import { beforeEach, describe, expect, it } from 'vitest';

import { pendingExecution } from '../../../src/core/executions/pending-execution.js';
import type { AgentsHome } from '../../../src/storage/agents-home.js';
import { withAgentsElsewhere } from '../../../src/storage/elsewhere/agents-elsewhere.js';
import { agentStorageOn } from '../../../src/storage/open-agent-storage.js';
import { openStorage } from '../../../src/storage/open-storage.js';
import { RecordAgentStore } from '../../../src/storage/records/record-agents.js';
import type { Storage } from '../../../src/storage/storage.js';
import { aDefinition, anAgent, aToken, NOW } from '../../support/builders.js';
import { MemoryLogger } from '../../support/memory-logger.js';
import { MemoryRecords } from '../../support/memory-records.js';

/** A process that dies does nothing any more, in neither server. */
class Dead extends Error {}

describe('a process that dies between two servers', () => {
  let main: Storage;
  let home: AgentsHome;
  let records: MemoryRecords;

  beforeEach(async () => {
    const opened = await openStorage('memory:', { logger: new MemoryLogger() });
    ({ storage: main, home } = opened);
    records = new MemoryRecords();
  });

  function aProcess(): Storage {
    return withAgentsElsewhere(main, home, agentStorageOn(records, home));
  }

  /** A process that ends with the given call of either server, which is not made and not answered. */
  function dyingAt(step: number): { readonly storage: Storage; readonly hasDied: () => boolean } {
    let steps = 0;
    const dying = <Store extends object>(store: Store): Store =>
      new Proxy(store, {
        get: (target, name) => {
          const member: unknown = Reflect.get(target, name);
          if (typeof member !== 'function') return member;
          return async (...args: unknown[]) => {
            steps += 1;
            if (steps >= step) throw new Dead();
            return (await Reflect.apply(member, target, args)) as unknown;
          };
        },
      });
    const dyingMain = { ...main, tokens: dying(main.tokens), definitions: dying(main.definitions) };
    const dyingHome = dying(home);
    const storage = withAgentsElsewhere(dyingMain, dyingHome, agentStorageOn(dying(records), dyingHome));
    return { storage, hasDied: () => steps >= step };
  }

  /** Each call that a change makes is in turn the one with which its process dies. Resolves with how many there were. */
  async function atEveryCall(change: (storage: Storage, step: number) => Promise<void>): Promise<number> {
    for (let step = 1; ; step += 1) {
      const { storage, hasDied } = dyingAt(step);
      await change(storage, step);
      if (!hasDied()) return step;
    }
  }

  /** Whether it lived to the end of it. */
  async function livedThrough(run: Promise<unknown>): Promise<boolean> {
    try {
      await run;
      return true;
    } catch (error) {
      expect(error).toBeInstanceOf(Dead);
      return false;
    }
  }

  async function told(subject: string): Promise<readonly string[]> {
    const { waiting } = await main.audit.end(10_000);
    return waiting.flatMap(({ entry }) => (entry.subject === subject ? [entry.action] : []));
  }

  async function changeTwice({ executions }: Storage, id: string): Promise<void> {
    await executions.create(pendingExecution({ executionId: id, agentId: 'a', input: {} }, NOW));
    await executions.update(id, { status: 'FAILED', completedAt: NOW });
  }

  it('leaves the audit told of every change of an execution that is stored, once', async () => {
    const seen = new Set<number>();
    await atEveryCall(async (storage, step) => {
      const id = `told-${step}`;
      await livedThrough(changeTwice(storage, id));
      await aProcess().catchUp();
      await aProcess().catchUp();
      const status = (await aProcess().executions.get(id))?.status;
      const changes = status === undefined ? 0 : status === 'FAILED' ? 2 : 1;
      expect(await told(id)).toEqual(['execution.start', 'execution.end'].slice(0, changes));
      seen.add(changes);
    });
    expect([...seen]).toEqual([0, 1, 2]);
  });

  it('leaves lists with all that is stored, and what is asked again is done once', async () => {
    const ids: string[] = [];
    const close = async (storage: Storage, id: string) => {
      await changeTwice(storage, id);
      await storage.executions.update(id, { lastSequence: 3 });
    };
    await atEveryCall(async (storage, step) => {
      const id = `again-${step}`;
      if (!(await livedThrough(close(storage, id)))) await close(aProcess(), id);
      ids.push(id);
      const { executions } = aProcess();
      const listed = await executions.list({ agentId: 'a', status: 'FAILED' }, { first: 200 });
      expect(listed.items.map(({ item }) => item.id).toSorted()).toEqual(ids.toSorted());
      expect(await executions.listUnclosed(10)).toEqual([]);
      expect((await executions.listExpiredStreams('2999', 1000)).toSorted()).toEqual(ids.toSorted());
      expect((await executions.list({ status: 'PENDING' }, { first: 10 })).items).toEqual([]);
    });
    expect(ids.length).toBeGreaterThan(15);
  });

  it('has agents and workflows saved both, or neither, for all who look', async () => {
    const seen = new Set<boolean>();
    await atEveryCall(async (storage, step) => {
      const [one, two, flow] = [`one-${step}`, `two-${step}`, `flow-${step}`];
      await aProcess().agents.create(one, anAgent({ name: 'Before' }), NOW);
      const after = { ...anAgent({ name: 'After' }), createdAt: NOW, updatedAt: NOW };
      const saving = storage.definitions.save({
        agents: [
          { ...after, id: one, version: 2 },
          { ...after, id: two, version: 1 },
        ],
        workflows: [{ definition: { ...aDefinition({}), id: flow, version: 1 }, hash: flow, createdAt: NOW }],
        deletedAgents: [],
        deletedPlaceAgents: [],
      });
      await livedThrough(saving);
      const isSaved = (await main.workflows.get(flow)) !== undefined;
      const found = await aProcess().agents.getMany([{ id: one }, { id: two }]);
      expect(found.map((agent) => agent?.version)).toEqual(isSaved ? [2, 1] : [1, undefined]);
      seen.add(isSaved);
    });
    expect([...seen]).toEqual([false, true]);
  });

  it('keeps nobody from changing an agent that it had prepared to change', async () => {
    const agents = new RecordAgentStore(records, home, { patienceMs: 100 });
    await agents.create('prepared', anAgent({ name: 'Before' }), NOW);
    const agent = { ...anAgent({ name: 'Never' }), id: 'prepared', version: 2, createdAt: NOW, updatedAt: NOW };
    expect(await agents.prepare('of-the-dead', { agents: [agent], deletedAgents: [] })).toBe(true);
    expect((await agents.get('prepared'))?.name).toBe('Before');
    const updated = await agents.update('prepared', { content: anAgent({ name: 'After' }), now: NOW });
    expect(updated).toMatchObject({ name: 'After', version: 2 });
    // Should it not be dead after all, it is told that it was given up.
    expect(await home.saveBatch('of-the-dead', { workflows: [], deletedPlaceAgents: [] })).toBe(false);
  });

  it('leaves a token unrecorded, or recorded with executions that are there', async () => {
    await atEveryCall(async (dying, step) => {
      const token = aToken(aDefinition(), { id: `token-${step}` });
      const request = { executionId: `${token.id}:review:1`, agentId: 'a', input: {} };
      const execution = { ...pendingExecution(request, NOW), tokenId: token.id, workflowId: token.workflowId };
      const record = { token, runId: 'run', events: [], executions: [execution] };
      await livedThrough(dying.tokens.record(record));
      const storage = aProcess();
      if ((await storage.tokens.get(token.id)) !== undefined) {
        expect(await storage.executions.get(execution.id)).toEqual(execution);
      }
      // The workflow has it recorded again.
      expect(await storage.tokens.record(record)).toMatchObject({ taken: [] });
      expect(await storage.executions.get(execution.id)).toEqual(execution);
      await storage.catchUp();
      expect(await told(execution.id)).toEqual(['execution.start']);
    });
  });

  it('stores no execution of a run that is not followed', async () => {
    const storage = aProcess();
    const token = aToken(aDefinition(), { id: 'followed' });
    await storage.tokens.record({ token, runId: 'followed-run', events: [], executions: [] });
    const request = { executionId: 'followed:review:1', agentId: 'a', input: {} };
    const execution = { ...pendingExecution(request, NOW), tokenId: token.id, workflowId: token.workflowId };
    const record = { token, runId: 'another-run', events: [], executions: [execution] };
    expect(await storage.tokens.record(record)).toBeUndefined();
    expect(await storage.executions.get(execution.id)).toBeUndefined();
  });
});
