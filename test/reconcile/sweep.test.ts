import { beforeEach, describe, expect, it, vi } from 'vitest';

import { Sweeper } from '../../src/reconcile/sweep.js';
import { CircuitBreakerError } from '../../src/core/errors.js';
import type { AgentExecution } from '../../src/core/executions/execution.js';
import { pendingExecution } from '../../src/core/executions/pending-execution.js';
import { openStorage } from '../../src/storage/open-storage.js';
import type { Storage } from '../../src/storage/storage.js';
import { PlayedTemporal } from '../support/api-under-test.js';
import { aDefinition, anAgent, aPlaceAgent, aToken, aWorkflow, NOW } from '../support/builders.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { unmeasured } from '../support/metrics.js';
import { untraced } from '../support/traces.js';

const HOUR = 3_600_000;

describe('the sweep', () => {
  let storage: Storage;
  let temporal: PlayedTemporal;
  let logger: MemoryLogger;
  let closed: string[];
  let removed: string[];

  beforeEach(async () => {
    logger = new MemoryLogger();
    ({ storage } = await openStorage('memory:', { logger }));
    temporal = new PlayedTemporal(storage);
    closed = [];
    removed = [];
  });

  async function closeStream({ id }: AgentExecution): Promise<void> {
    closed.push(id);
    await storage.executions.update(id, { lastSequence: 2 });
  }

  function remove(ids: readonly string[]): Promise<void> {
    removed.push(...ids);
    return Promise.resolve();
  }

  function reconciler(
    closing = closeStream,
    { removing = remove, now = (): string => NOW, isLossAccepted = false } = {},
  ): Sweeper {
    const streams = { remove: removing };
    const expireAudit = () => Promise.resolve();
    return new Sweeper({
      storage,
      temporal,
      closeStream: closing,
      expireAudit,
      metrics: unmeasured,
      traces: untraced,
      streams,
      retentionMs: HOUR,
      retention: {},
      isLossAccepted,
      alertWindowSeconds: 300,
      now,
      logger,
    });
  }

  async function anExecution(executionId: string, tokenId?: string): Promise<void> {
    const token = { id: tokenId ?? '', workflowId: 'review', place: 'submitted', metadata: {}, transitionCount: 0 };
    const request = { executionId, agentId: 'a', input: {}, ...(tokenId === undefined ? {} : { token }) };
    await storage.executions.create(pendingExecution(request, NOW));
    await storage.executions.update(executionId, { status: 'RUNNING' });
  }

  async function aStoredToken(id: string): Promise<void> {
    const token = { ...aToken(aDefinition()), id };
    await storage.tokens.record({ token, runId: id, events: [], executions: [] });
    temporal.closes.set(id, 'RUNNING');
  }

  it('closes the stream of every execution that ended while the backend was away, and only those', async () => {
    await anExecution('ended');
    await anExecution('running');
    await storage.executions.update('ended', { status: 'COMPLETED', completedAt: NOW });
    const sweep = reconciler();
    await sweep.round();
    await sweep.round();
    expect(closed).toEqual(['ended']);
  });

  it('ends what was recorded and never started, and nothing that Temporal knows or that is young', async () => {
    const old = '2026-11-23T03:00:00.000Z';
    for (const id of ['lost', 'queued']) {
      await storage.executions.create(pendingExecution({ executionId: id, agentId: 'a', input: {} }, old));
    }
    await storage.executions.create(pendingExecution({ executionId: 'fresh', agentId: 'a', input: {} }, NOW));
    temporal.closes.set('queued', 'RUNNING');
    await reconciler().round();
    const statuses = ['lost', 'queued', 'fresh'].map(async (id) => (await storage.executions.get(id))?.status);
    expect(await Promise.all(statuses)).toEqual(['TERMINATED', 'PENDING', 'PENDING']);
    expect(closed).toEqual(['lost']);
  });

  it('ends what has been running for longer than any execution and is unknown to Temporal, and nothing else', async () => {
    const [old, recent] = ['2026-11-22T04:00:00.000Z', '2026-11-22T06:00:00.000Z'];
    for (const [id, createdAt] of [
      ['forgotten', old],
      ['slow', old],
      ['busy', recent],
    ] as const) {
      await storage.executions.create(pendingExecution({ executionId: id, agentId: 'a', input: {} }, createdAt));
      await storage.executions.update(id, { status: 'RUNNING' });
    }
    temporal.closes.set('slow', 'RUNNING');
    await reconciler().round();
    const statuses = ['forgotten', 'slow', 'busy'].map(async (id) => (await storage.executions.get(id))?.status);
    expect(await Promise.all(statuses)).toEqual(['TERMINATED', 'RUNNING', 'RUNNING']);
    expect(closed).toEqual(['forgotten']);
  });

  it('ends in time what waits for people and is unknown to Temporal, however many wait, and nothing else', async () => {
    const [old, recent] = ['2026-11-22T04:00:00.000Z', '2026-11-22T06:00:00.000Z'];
    const ids = Array.from({ length: 600 }, (_, index) => `waiting-${index}`);
    for (const id of ids) {
      const createdAt = id === 'waiting-1' ? recent : old;
      await storage.executions.create(pendingExecution({ executionId: id, agentId: 'a', input: {} }, createdAt));
      await storage.executions.update(id, { status: 'WAITING_FOR_APPROVAL' });
      temporal.closes.set(id, 'RUNNING');
    }
    for (const id of ['waiting-0', 'waiting-1', 'waiting-300', 'waiting-599']) temporal.closes.delete(id);
    const sweep = reconciler();
    for (let round = 0; round < 3; round += 1) await sweep.round();
    expect([...new Set(closed)].sort()).toEqual(['waiting-0', 'waiting-300', 'waiting-599']);
  });

  it('sets right all others when one cannot be, and comes back to that one', async () => {
    for (const id of ['bad', 'good']) {
      await anExecution(id);
      await storage.executions.update(id, { status: 'FAILED', completedAt: NOW });
    }
    for (const id of ['cut:bad', 'cut:good']) {
      await anExecution(id);
      temporal.closes.set(id, 'TERMINATED');
    }
    let now = Date.parse(NOW);
    const tried: string[] = [];
    const closing = async (execution: AgentExecution) => {
      tried.push(execution.id);
      if (execution.id.endsWith('bad')) throw new Error('no log takes this one');
      await closeStream(execution);
    };
    const sweep = reconciler(closing, { now: () => new Date(now).toISOString() });
    await sweep.round();
    expect([...closed].sort()).toEqual(['cut:good', 'good']);
    for (const waitMs of [0, 60_000, 60_000, 60_000]) {
      now += waitMs;
      await sweep.round();
    }
    // Less and less often. Told once: each stream that stays open, and the one that could not be ended.
    expect(tried.filter((id) => id === 'bad')).toHaveLength(3);
    expect(logger.lines).toHaveLength(3);
  });

  it('closes the newest stream also when a thousand older ones cannot be', async () => {
    for (let index = 0; index < 1000; index += 1) {
      const createdAt = new Date(Date.parse(NOW) - HOUR - index).toISOString();
      const request = { executionId: `bad-${index}`, agentId: 'a', input: {} };
      await storage.executions.create(pendingExecution(request, createdAt));
      await storage.executions.update(`bad-${index}`, { status: 'FAILED', completedAt: NOW });
    }
    await anExecution('good');
    await storage.executions.update('good', { status: 'COMPLETED', completedAt: NOW });
    const sweep = reconciler(async (execution) => {
      if (execution.id !== 'good') throw new Error('no log takes this one');
      await closeStream(execution);
    });
    await sweep.round();
    await sweep.round();
    expect(closed).toEqual(['good']);
  });

  it('removes the streams whose time is over also when one of them cannot be', async () => {
    const ids = Array.from({ length: 150 }, (_, index) => `old-${index}`);
    for (const id of ids) {
      await anExecution(id);
      await storage.executions.update(id, { status: 'FAILED', completedAt: '2026-11-23T01:00:00.000Z' });
      await storage.executions.update(id, { lastSequence: 2 });
    }
    const removing = (batch: readonly string[]) =>
      batch.includes('old-7') ? Promise.reject(new Error('this one stays')) : remove(batch);
    await reconciler(closeStream, { removing }).round();
    expect([...removed].sort()).toEqual(ids.filter((id) => id !== 'old-7').sort());
    expect(logger.lines).toHaveLength(1);
  });

  it(
    'ends the others that Temporal has forgotten also when one cannot be ended',
    { tags: 'temporal-forgot' },
    async () => {
      for (const id of ['bad', 'good']) {
        const request = { executionId: id, agentId: 'a', input: {} };
        await storage.executions.create(pendingExecution(request, '2026-11-23T03:00:00.000Z'));
      }
      const { executions } = storage;
      const update = executions.update.bind(executions);
      executions.update = (id, change) =>
        id === 'bad' ? Promise.reject(new Error('this one stays')) : update(id, change);
      await reconciler().round();
      expect((await executions.get('good'))?.status).toBe('TERMINATED');
    },
  );

  it(
    'asks a backend that is away once in a round, not for everything that waits for it',
    { tags: 'storage-away' },
    async () => {
      for (const id of ['a', 'b', 'c']) {
        await anExecution(id);
        await storage.executions.update(id, { status: 'FAILED', completedAt: NOW });
      }
      let asked = 0;
      await reconciler(() => {
        asked += 1;
        return Promise.reject(new CircuitBreakerError('UNAVAILABLE', 'The log is away.'));
      }).round();
      expect(asked).toBe(1);
    },
  );

  it('leaves what it cannot close to the next round', async () => {
    await anExecution('ended');
    await storage.executions.update('ended', { status: 'FAILED', completedAt: NOW });
    await reconciler(() => Promise.reject(new Error('away'))).round();
    expect(logger.lines).toHaveLength(1);
    expect(await storage.executions.listUnclosed(10)).toHaveLength(1);
  });

  it('removes every stream whose time is over from the log, once, and none that may still be watched', async () => {
    const ids = Array.from({ length: 250 }, (_, index) => `old-${index}`);
    for (const id of [...ids, 'young', 'unclosed']) await anExecution(id);
    const ends = (id: string) => Date.parse(NOW) - (id === 'young' ? HOUR : HOUR + 1);
    for (const id of [...ids, 'young', 'unclosed']) {
      const completedAt = new Date(ends(id)).toISOString();
      await storage.executions.update(id, { status: 'COMPLETED', finalResponse: 'x', completedAt });
      if (id !== 'unclosed') await storage.executions.update(id, { lastSequence: 2 });
    }
    const sweep = reconciler(() => Promise.reject(new Error('away')));
    await sweep.round();
    await sweep.round();
    expect([...removed].sort()).toEqual([...ids].sort());
  });

  it(
    'records an execution that was terminated from outside, and ends its stream',
    { tags: 'workflow-reset' },
    async () => {
      await anExecution('doc-1:review:1');
      temporal.closes.set('doc-1:review:1', 'TERMINATED');
      await reconciler().round();
      const execution = await storage.executions.get('doc-1:review:1');
      expect(execution).toMatchObject({ status: 'TERMINATED', errorCode: 'terminated', completedAt: NOW });
      expect(closed).toEqual(['doc-1:review:1']);
    },
  );

  it(
    'makes a token TERMINATED whose Temporal workflow was, and stops what it had running',
    { tags: 'workflow-reset' },
    async () => {
      await aStoredToken('doc-1');
      await anExecution('doc-1:review:1', 'doc-1');
      temporal.closes.set('doc-1', 'TERMINATED');
      await reconciler().round();
      expect(await storage.tokens.get('doc-1')).toMatchObject({ status: 'TERMINATED', version: 2 });
      const events = await storage.tokens.listEvents('doc-1', { after: 0, first: 10 });
      expect(events).toMatchObject([{ type: 'TERMINATED', details: { reason: 'terminated' } }]);
      expect(temporal.cancelled).toMatchObject([{ id: 'doc-1:review:1' }]);
    },
  );

  it(
    'makes every token TERMINATED that Temporal does not know, in time, and ends what it had running',
    { tags: 'temporal-forgot' },
    async () => {
      const ids = Array.from({ length: 1100 }, (_, index) => `doc-${index}`);
      for (const id of ids) await aStoredToken(id);
      for (const id of ['doc-0', 'doc-700', 'doc-1099']) temporal.closes.delete(id);
      await anExecution('doc-700:review:1', 'doc-700');
      const sweep = reconciler();
      for (let round = 0; round < 3; round += 1) await sweep.round();
      const { items } = await storage.tokens.list({ status: 'TERMINATED' }, { first: 9 });
      expect(items.map(({ item }) => item.id).sort()).toEqual(['doc-0', 'doc-1099', 'doc-700']);
      expect(await storage.executions.get('doc-700:review:1')).toMatchObject({ status: 'TERMINATED' });
      const [event] = await storage.tokens.listEvents('doc-0', { after: 0, first: 1 });
      expect(event).toMatchObject({ type: 'TERMINATED', details: { reason: 'unknown to Temporal' } });
      // Each once.
      const said = logger.lines.filter(({ message }) => message.includes('is TERMINATED')).map(({ facts }) => facts);
      expect(said.map((one) => ('tokenId' in one ? one.tokenId : '')).sort()).toEqual(['doc-0', 'doc-1099', 'doc-700']);
    },
  );

  it.each([
    ['is ten minutes behind ours', -10],
    ['is ten minutes ahead of ours', 10],
  ])('asks for all that may have closed since the round before, by a clock that %s', async (_what, minutes) => {
    const theirs = Date.parse(NOW) + minutes * 60_000;
    const asked = vi.spyOn(temporal, 'listCutOff');
    const sweep = reconciler();
    temporal.closes.set('doc-1', 'TERMINATED');
    temporal.cutOffAt = new Date(theirs).toISOString();
    await sweep.round();
    await sweep.round();
    const since = Date.parse(asked.mock.lastCall?.[0] ?? '');
    const setBackMs = 10 * 60_000;
    expect(since).toBeLessThan(theirs - setBackMs);
    expect(since).toBeGreaterThan(theirs - HOUR);
  });

  it(
    'ends nothing where Temporal knows none of many tokens, whatever else of ours it has, says so once, and goes on when it knows one',
    { tags: 'namespace-lost' },
    async () => {
      for (let index = 0; index < 12; index += 1) await aStoredToken(`doc-${index}`);
      temporal.closes.clear();
      temporal.closes.set('somebody-new', 'RUNNING');
      const sweep = reconciler();
      await sweep.round();
      await sweep.round();
      expect((await storage.tokens.get('doc-3'))?.status).toBe('ACTIVE');
      const told = logger.lines.map(({ message }) => message).filter((message) => message.includes('knows none of'));
      expect(told).toEqual([expect.stringContaining('TEMPORAL_NAMESPACE and TASK_QUEUE_PREFIX')]);
      temporal.closes.set('doc-0', 'RUNNING');
      await sweep.round();
      expect((await storage.tokens.get('doc-0'))?.status).toBe('ACTIVE');
      expect((await storage.tokens.get('doc-3'))?.status).toBe('TERMINATED');
    },
  );

  it(
    'ends nothing where Temporal has nothing of ours at all, also no execution, until somebody has said that it is lost',
    { tags: 'namespace-lost' },
    async () => {
      await aStoredToken('doc-1');
      await storage.executions.create(
        pendingExecution({ executionId: 'old', agentId: 'a', input: {} }, '2026-11-22T04:00:00.000Z'),
      );
      temporal.closes.clear();
      await reconciler().round();
      expect((await storage.tokens.get('doc-1'))?.status).toBe('ACTIVE');
      expect((await storage.executions.get('old'))?.status).toBe('PENDING');
      await reconciler(closeStream, { isLossAccepted: true }).round();
      expect((await storage.tokens.get('doc-1'))?.status).toBe('TERMINATED');
      expect((await storage.executions.get('old'))?.status).toBe('TERMINATED');
    },
  );

  it('leaves a token alone whose id has a newer run that goes on', async () => {
    await aStoredToken('doc-1');
    temporal.closes.set('doc-1', 'RUNNING');
    await reconciler().round();
    expect(await storage.tokens.get('doc-1')).toMatchObject({ status: 'ACTIVE' });
  });

  it('forgets requests of batches whose executions were ended from outside', async () => {
    const request = { turn: 1, groupId: 'group', path: '/', body: '{}' };
    const day = (days: number) => new Date(Date.parse(NOW) - days * 24 * HOUR).toISOString();
    await storage.batches.join({ ...request, executionId: 'old', customId: 'old' }, { runId: 'r', now: day(9) });
    await storage.batches.join({ ...request, executionId: 'new', customId: 'new' }, { runId: 'r', now: day(7) });
    await reconciler().round();
    expect(await storage.batches.claim('group', 'batch', { lines: 10, bytes: 100 })).toBe(1);
  });

  it('tells every active token of a workflow whose place agents have changed, once', async () => {
    await storage.agents.create('reviewer', anAgent(), NOW);
    await storage.workflows.save('review', aWorkflow(), { hash: 'h', now: NOW });
    const ids = Array.from({ length: 450 }, (_, index) => `doc-${index}`);
    for (const id of ids) await aStoredToken(id);
    await storage.placeAgents.create({ ...aPlaceAgent(), workflowId: 'review', createdAt: NOW });
    const sweep = reconciler();
    await sweep.round();
    await sweep.round();
    expect([...temporal.told].sort()).toEqual([...ids].sort());
  });

  it('tells every other token also when one cannot be told, and comes back to that one', async () => {
    await storage.agents.create('reviewer', anAgent(), NOW);
    await storage.workflows.save('review', aWorkflow(), { hash: 'h', now: NOW });
    for (const id of ['doc-1', 'doc-bad', 'doc-2']) await aStoredToken(id);
    await storage.placeAgents.create({ ...aPlaceAgent(), workflowId: 'review', createdAt: NOW });
    const tell = temporal.tellPlaceAgentsChanged.bind(temporal);
    temporal.tellPlaceAgentsChanged = (id) =>
      id === 'doc-bad' ? Promise.reject(new Error('it has had too many signals')) : tell(id);
    await reconciler().round();
    expect([...temporal.told].sort()).toEqual(['doc-1', 'doc-2']);
    expect(await storage.placeAgents.listChanges()).toHaveLength(1);
  });
});
