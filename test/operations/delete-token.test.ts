import { beforeEach, describe, expect, it } from 'vitest';

import { deleteToken } from '../../src/operations/delete-token.js';
import { finishStream } from '../../src/streams/writing/finish-stream.js';
import { executionEnding } from '../../src/streams/writing/execution-ending.js';
import { StreamReader } from '../../src/streams/reading/reader.js';
import { MemoryStreamLog } from '../../src/streams/memory/memory-stream-log.js';
import { executionPlace } from '../../src/telemetry/execution-span.js';
import { limitedStorage } from '../../src/storage/limited-storage.js';
import { openStorage } from '../../src/storage/open-storage.js';
import type { Storage } from '../../src/storage/storage.js';
import type { AgentExecution } from '../../src/core/executions/execution.js';
import { anExecution } from '../storage/contract/execution-store.js';
import { PlayedTemporal } from '../support/api-under-test.js';
import { measured, type Measured } from '../support/metrics.js';
import { traced, type Traced } from '../support/traces.js';
import { aDefinition, aToken, NOW } from '../support/builders.js';
import { MemoryLogger } from '../support/memory-logger.js';

/** A process that dies does nothing any more. */
class Dead extends Error {}

describe('a token that is deleted', () => {
  let storage: Storage;
  let temporal: PlayedTemporal;
  let streams: MemoryStreamLog;
  let counts: Measured;
  let told: Traced;

  beforeEach(async () => {
    counts = measured();
    told = traced();
    ({ storage } = await openStorage('memory:', { logger: new MemoryLogger() }));
    temporal = new PlayedTemporal(storage);
    streams = new MemoryStreamLog();
    const executions = [1, 2].map((n) => anExecution({ id: `t:review:${n}`, tokenId: 't', workflowId: 'w' }));
    const token = aToken(aDefinition(), { id: 't', status: 'CANCELLED', workflowId: 'w' });
    const events = [{ type: 'CREATED', version: 1, place: 'submitted', timestamp: NOW, number: 1 }] as const;
    await storage.tokens.record({ token, runId: 'run', events, executions });
    for (const { id } of executions) {
      await streams.open(id, { epoch: 1, turn: 1, reason: 'first' });
      await storage.conversations.create({ id, agentId: 'a', createdAt: NOW });
      await storage.executions.storeTurn(id, 1, { result: 'said' });
      await storage.executions.update(id, {
        status: 'FAILED',
        errorCode: 'server',
        errorMessage: 'x',
        completedAt: NOW,
      });
    }
  });

  async function closeStream(execution: AgentExecution): Promise<void> {
    const lastSequence = await finishStream(streams, execution.id, executionEnding(execution));
    await storage.executions.update(execution.id, { lastSequence });
  }

  function parts(of: Storage = storage) {
    const removeStreams = (ids: readonly string[]) => streams.remove(ids);
    const [{ metrics }, { traces }] = [counts, told];
    return { storage: of, temporal, closeStream, removeStreams, metrics, traces, now: () => NOW };
  }

  async function rest(): Promise<readonly unknown[]> {
    const ids = ['t:review:1', 't:review:2'];
    const pages = await streams.read(ids.map((executionId) => ({ executionId, from: 0, limit: 1 })));
    const conversations = await Promise.all(ids.map((id) => storage.conversations.get(id)));
    const turns = await Promise.all(ids.map((id) => storage.executions.getTurn(id, 1)));
    const all = [await storage.tokens.get('t'), ...(await storage.executions.getMany(ids)), ...conversations, ...turns];
    return [...all, ...pages.filter(({ state }) => state !== 'absent')].filter((one) => one !== undefined);
  }

  it('is gone with all that belongs to it, in Temporal as well, and once', async () => {
    expect(await rest()).toHaveLength(9);
    expect(await deleteToken(parts(), 't')).toBe(true);
    expect(await rest()).toEqual([]);
    expect([...temporal.forgotten].sort()).toEqual(['t', 't:review:1', 't:review:2']);
    expect(await deleteToken(parts(), 't')).toBe(false);
  });

  it('has ended before: one that is active is refused, and stays as it is', async () => {
    temporal.closes.set('active', 'RUNNING');
    const token = aToken(aDefinition(), { id: 'active' });
    await storage.tokens.record({ token, runId: 'run', events: [], executions: [anExecution({ id: 'active:1' })] });
    await expect(deleteToken(parts(), 'active')).rejects.toMatchObject({
      code: 'TOKEN_ACTIVE',
      message: 'Token "active" has not ended: cancel it first (cancelToken).',
    });
    expect(await storage.tokens.get('active')).toEqual(token);
    expect([temporal.forgotten, temporal.cancelled]).toEqual([[], []]);
  });

  it('takes what it had left running with it, once that has ended', async () => {
    const ofItsTrace = { traceId: 'a'.repeat(32), traceParentId: 'b'.repeat(16) };
    await storage.executions.create(anExecution({ id: 't:review:3', tokenId: 't', ...ofItsTrace }));
    expect(await deleteToken(parts(), 't')).toBe(true);
    expect(temporal.cancelled.map(({ id }) => id)).toEqual(['t:review:3']);
    expect(await storage.executions.get('t:review:3')).toBeUndefined();
    const ended = { status: 'CANCELLED', code: 'cancelled' };
    expect(await counts.valueOf('circuit_breaker_executions_total', ended)).toBe(1);
    expect(told.spans).toMatchObject([
      {
        ...executionPlace(ofItsTrace.traceId, 't:review:3'),
        parentSpanId: ofItsTrace.traceParentId,
        attributes: { 'circuit_breaker.execution.status': 'CANCELLED' },
        error: 'cancelled',
      },
    ]);
  });

  it('is not there for whoever is limited to other workflows', async () => {
    expect(await deleteToken(parts(limitedStorage(storage, ['other'])), 't')).toBe(false);
    expect(await rest()).toHaveLength(9);
    expect(await deleteToken(parts(limitedStorage(storage, ['w'])), 't')).toBe(true);
  });

  it('is gone when it is asked for again, wherever the process died that was to delete it', async () => {
    let steps = 0;
    let last = Infinity;
    const dying = <Part extends object>(part: Part): Part =>
      new Proxy(part, {
        get: (target, name) => {
          const member: unknown = Reflect.get(target, name);
          if (typeof member !== 'function') return member;
          return async (...args: unknown[]) => {
            if ((steps += 1) >= last) throw new Dead();
            return (await Reflect.apply(member, target, args)) as unknown;
          };
        },
      });
    const living = storage;
    for (let step = 1; ; step += 1) {
      const mortal = { tokens: dying(living.tokens), executions: dying(living.executions) };
      const own = { ...parts(), storage: mortal, temporal: dying(temporal) };
      const removeStreams = dying({ remove: own.removeStreams }).remove;
      [steps, last] = [0, step];
      const dead = await deleteToken({ ...own, removeStreams }, 't').then(
        () => false,
        (error: unknown) => {
          expect(error).toBeInstanceOf(Dead);
          return true;
        },
      );
      last = Infinity;
      const isThere = (await storage.tokens.get('t')) !== undefined;
      expect(await deleteToken(parts(), 't')).toBe(isThere);
      expect(await rest()).toEqual([]);
      if (!dead) {
        expect(step).toBeGreaterThan(12);
        break;
      }
      // Begun anew under its id, as a run of its own.
      const token = aToken(aDefinition(), { id: 't', status: 'CANCELLED' });
      const executions = [anExecution({ id: 't:review:1', tokenId: 't' })];
      const followed = await storage.tokens.deletedRunOf('t');
      await storage.tokens.record({ token, runId: `run-${step}`, events: [], executions }, followed);
      await storage.executions.update('t:review:1', { status: 'FAILED', completedAt: NOW });
      await storage.conversations.create({ id: 't:review:1', agentId: 'a', createdAt: NOW });
    }
  });

  it('ends the streams that are watched', async () => {
    const lookup = { find: (id: string) => storage.executions.get(id), finish: closeStream };
    const reader = new StreamReader({ log: streams, lookup, bufferSize: 10, logger: new MemoryLogger() });
    const viewer = await reader.open('t:review:1');
    expect(await viewer.next()).toMatchObject([{ eventType: 'attempt_started' }]);
    await deleteToken(parts(), 't');
    expect(await viewer.next()).toMatchObject([{ eventType: 'failed' }]);
    expect(await viewer.next()).toBeUndefined();
    expect(viewer.end).toBe('ended');
    await expect(reader.open('t:review:1')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await reader.shutdown();
  });

  it('ends also for a viewer that heard nothing of the end', async () => {
    const lookup = { find: (id: string) => storage.executions.get(id), finish: closeStream };
    const deaf = { ...bound(streams), watch: () => () => undefined };
    const reader = new StreamReader({ log: deaf, lookup, bufferSize: 10, logger: new MemoryLogger() });
    const viewer = await reader.open('t:review:1');
    expect(await viewer.next()).toHaveLength(1);
    await deleteToken(parts(), 't');
    expect(await viewer.next()).toBeUndefined();
    expect(viewer.end).toBe('ended');
    await reader.shutdown();
  });
});

function bound(log: MemoryStreamLog) {
  return {
    open: log.open.bind(log),
    tell: log.tell.bind(log),
    close: log.close.bind(log),
    read: log.read.bind(log),
    remove: log.remove.bind(log),
    shutdown: log.shutdown.bind(log),
  };
}
