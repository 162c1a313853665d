import { CompleteAsyncError } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import type { ModelCall, TurnAnswer } from '../../src/contract/activities.js';
import type { ActivityParts } from '../../src/activities/activity-parts.js';
import { EqualCalls } from '../../src/activities/equal-calls.js';
import type { AttemptDetails } from '../../src/activities/attempt-heartbeat.js';
import { invokeModel } from '../../src/activities/invoke-model.js';
import { KnownBudgets } from '../../src/activities/known-budgets.js';
import { OneAfterAnother } from '../../src/activities/one-after-another.js';
import { CircuitBreakerError } from '../../src/core/errors.js';
import { ModelError } from '../../src/core/executions/model-error.js';
import { pendingExecution } from '../../src/core/executions/pending-execution.js';
import { retryLimits } from '../../src/core/executions/turn-retry.js';
import { openStorage } from '../../src/storage/open-storage.js';
import type { Storage } from '../../src/storage/storage.js';
import { openAnswerStream } from '../../src/streams/writing/gathered-answer.js';
import { MemoryStreamLog } from '../../src/streams/memory/memory-stream-log.js';
import { breakersOn } from '../support/breakers.js';
import { anAgent, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { unmeasured } from '../support/metrics.js';
import { untraced } from '../support/traces.js';
import { NO_BATCHES } from '../support/no-batches.js';
import { schemasInThisThread } from '../support/schemas.js';
import { FINISH, ScriptedModel } from '../support/scripted-model.js';
import { readEvents } from '../streams/contract/stream-backend.js';

const SAID = ['{"said": ', '"Fine."}', FINISH];
const TEXT = '{"said": "Fine."}';
const UNUSED = { inputTokens: 0, outputTokens: 0, totalTokens: 0, costUsd: 0 };
const SCHEMA = { type: 'object', properties: { said: { type: 'string' } }, required: ['said'] };

interface Wait {
  readonly details: (() => unknown) | undefined;
  readonly look: (signal: AbortSignal) => Promise<unknown>;
}

describe('a call whose answer serves others', () => {
  let storage: Storage;
  let streams: MemoryStreamLog;
  let logger: MemoryLogger;
  let waits: Wait[];

  beforeEach(async () => {
    logger = new MemoryLogger();
    waits = [];
    ({ storage } = await openStorage('memory:', { logger }));
    streams = new MemoryStreamLog();
    await storage.agents.create('reviewer', anAgent({ outputSchema: SCHEMA }), NOW);
  });

  interface Asking {
    readonly model?: ScriptedModel;
    readonly cache?: Partial<NonNullable<ModelCall['prepared']['cache']>>;
    readonly attempt?: number;
    readonly agentVersion?: number;
    readonly outputs?: readonly string[];
    readonly details?: Partial<AttemptDetails>;
  }

  async function ask(
    id: string,
    { model = new ScriptedModel(SAID), cache, attempt = 1, agentVersion = 1, outputs = [], details }: Asking = {},
  ) {
    await storage.executions.create(pendingExecution({ executionId: id, agentId: 'reviewer', input: {} }, NOW));
    await storage.conversations.create({ id, agentId: 'reviewer', createdAt: NOW });
    const said = { role: 'user', content: 'Review: tides', timestamp: NOW, executionId: id } as const;
    await storage.conversations.append(id, 0, [said]);
    const prepared: ModelCall['prepared'] = {
      ...{ agentId: 'reviewer', agentVersion, provider: 'mock', model: 'mock-1', conversationId: id },
      ...{
        messageCount: 1,
        maxTurns: 1,
        timeoutSeconds: 10,
        retry: retryLimits({ maxAttempts: 2, backoffSeconds: 1 }),
      },
      cache: { ttlSeconds: 60, sharers: 'agent:reviewer', ...cache },
    };
    const info = {
      attempt,
      currentAttemptScheduledTimestampMs: attempt,
      ...(details && { heartbeatDetails: { turn: 1, failures: 0, chunks: 0, characters: 0, tail: '', ...details } }),
    };
    const environment = new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });
    const notPlayed = () => Promise.reject(new Error('not played'));
    const parts: ActivityParts = {
      ...{ storage, schemas: schemasInThisThread, appends: new OneAfterAnother(), model, tools: new Map(), logger },
      batches: NO_BATCHES,
      metrics: unmeasured,
      traces: untraced,
      costOf: () => undefined,
      budgets: new KnownBudgets(storage),
      breakers: breakersOn(storage),
      equalCalls: new EqualCalls(storage.answerCache),
      mask: (text) => text,
      tellTools: () => Promise.resolve(),
      openAnswer: (executionId, options) => openAnswerStream(streams, executionId, options),
      closeStream: () => Promise.resolve(),
      temporal: { isNewestRun: notPlayed, cancelExecution: notPlayed },
      awaitExecution: notPlayed,
      waitWithoutSlot: (activity, look) => {
        waits.push({ details: activity.details, look });
      },
      executionTimeoutSeconds: 10,
      now: () => NOW,
    };
    const invoke = (call: ModelCall) => invokeModel(parts, call);
    const call: ModelCall = { executionId: id, turn: 1, overrides: { outputs }, prepared };
    const answer = await environment.run<[ModelCall], TurnAnswer, typeof invoke>(invoke, call);
    return { answer, asked: model.requests.length };
  }

  it('is made once: the next execution that asks the same is given the answer, for nothing, from whom', async () => {
    expect(await ask('first')).toMatchObject({ asked: 1, answer: { text: TEXT } });
    const next = await ask('next');
    expect(next).toMatchObject({ asked: 0, answer: { text: TEXT, usage: UNUSED, cachedFrom: 'first' } });
    const events = await readEvents(streams, 'next');
    expect(events).toMatchObject([
      { eventType: 'attempt_started', status: 'cached' },
      { eventType: 'content_chunk', content: TEXT },
    ]);
    const stored = await storage.executions.get('next');
    expect(stored).toMatchObject({
      cachedFrom: 'first',
      attempts: [{ outcome: 'completed', usage: UNUSED, cachedFrom: 'first' }],
    });
    // No provider was called, and the audit says of none.
    const told = (await storage.audit.read(0, 100)).map(
      ({ entry: { action, subject } }) => `${action} ${subject ?? ''}`,
    );
    expect(told).not.toContain('provider.call next');
  });

  it('is made again for others than those who share, and for whoever wants it so, which then serves the others', async () => {
    await ask('first');
    expect((await ask('other', { cache: { sharers: 'agent:other' } })).asked).toBe(1);
    expect((await ask('wants', { cache: { isBypassed: true } })).asked).toBe(1);
    expect((await ask('next')).answer).toMatchObject({ cachedFrom: 'wants' });
  });

  it.each([
    ['was cut off', ['{"said": "Fi', { ...FINISH, stopReason: 'length' }]],
    ['was filtered', ['{"said": "Fine."}', { ...FINISH, stopReason: 'content_filter' }]],
    ['does not fit', ['{"told": "Fine."}', FINISH]],
    ['is empty', [FINISH]],
  ] as const)('leaves nothing for others where the answer %s', async (_, script) => {
    await ask('first', { model: new ScriptedModel(script) });
    expect((await ask('next')).asked).toBe(1);
  });

  it('is made where what was kept does not fit, though its key is the same: the new answer takes its place', async () => {
    await ask('first');
    const [read] = [schemasInThisThread.readAnswer.bind(schemasInThisThread)];
    const misfit = vi
      .spyOn(schemasInThisThread, 'readAnswer')
      .mockResolvedValueOnce({ type: 'invalid', problem: 'no' })
      .mockImplementation(read);
    expect((await ask('next')).asked).toBe(1);
    misfit.mockRestore();
    expect((await ask('third')).answer).toMatchObject({ cachedFrom: 'next' });
  });

  it('is made by one of those for whom what was kept does not fit, and the others wait for its answer', async () => {
    await ask('first');
    const read = schemasInThisThread.readAnswer.bind(schemasInThisThread);
    const unfit = { type: 'invalid', problem: 'no' } as const;
    const misfit = vi.spyOn(schemasInThisThread, 'readAnswer').mockResolvedValueOnce(unfit).mockImplementation(read);
    const busy = new ScriptedModel([new ModelError('overloaded', 'busy')]);
    await expect(ask('next', { model: busy })).rejects.toMatchObject({ type: 'overloaded' });
    misfit.mockResolvedValueOnce(unfit);
    await expect(ask('waits')).rejects.toBeInstanceOf(CompleteAsyncError);
    misfit.mockResolvedValueOnce(unfit);
    expect((await ask('next', { attempt: 2 })).asked).toBe(1);
    const over = waits[0]?.look(new AbortController().signal);
    await expect(over).rejects.toMatchObject({ type: 'UNAVAILABLE', nextRetryDelay: 1 });
    const details = waits[0]?.details?.() as AttemptDetails;
    expect(await ask('waits', { attempt: 2, details })).toMatchObject({ asked: 0, answer: { cachedFrom: 'next' } });
    misfit.mockRestore();
  });

  it('goes on as without a cache where storage does not say, or does not keep', { tags: 'storage-away' }, async () => {
    const away = new CircuitBreakerError('UNAVAILABLE', 'away');
    vi.spyOn(storage.answerCache, 'take').mockRejectedValueOnce(away);
    expect(await ask('first')).toMatchObject({ asked: 1, answer: { text: TEXT } });
    expect(logger.lines).toMatchObject([{ level: 'warn' }]);
    expect((await ask('next')).answer).toMatchObject({ cachedFrom: 'first' });
    vi.spyOn(storage.answerCache, 'keep').mockRejectedValueOnce(away);
    const alone = await ask('alone', { cache: { sharers: 'agent:alone' } });
    expect(alone).toMatchObject({ asked: 1, answer: { text: TEXT } });
    expect(logger.lines).toMatchObject([{ level: 'warn' }, { level: 'warn' }]);
  });

  it(
    'serves others also where its worker died before it could keep the answer',
    { tags: 'worker-killed' },
    async () => {
      const keep = vi.spyOn(storage.answerCache, 'keep').mockResolvedValueOnce(undefined);
      await ask('first');
      keep.mockRestore();
      expect((await ask('first', { attempt: 2 })).asked).toBe(0);
      expect((await ask('next')).answer).toMatchObject({ cachedFrom: 'first' });
    },
  );

  it('serves nobody where nobody knows which of two providers of one model has answered', async () => {
    const { llmProvider } = anAgent();
    const fallbacks = [{ llmProvider: { ...llmProvider, baseUrl: 'https://other.example' } }];
    await storage.agents.update('reviewer', { content: anAgent({ outputSchema: SCHEMA, fallbacks }), now: NOW });
    const keep = vi.spyOn(storage.answerCache, 'keep').mockResolvedValueOnce(undefined);
    await ask('first', { agentVersion: 2 });
    keep.mockRestore();
    expect((await ask('first', { attempt: 2, agentVersion: 2 })).asked).toBe(0);
    expect((await ask('next', { agentVersion: 2 })).asked).toBe(1);
  });

  it('is free for others where it failed for good, and held as long as the next attempt is due', async () => {
    const taking = vi.spyOn(storage.answerCache, 'take');
    const takeAs = async (owner: string) => {
      const first = taking.mock.calls[0]?.[0];
      return first === undefined ? undefined : await storage.answerCache.take({ ...first, owner, holder: owner });
    };
    const busy = new ScriptedModel([new ModelError('overloaded', 'busy')]);
    await expect(ask('first', { model: busy })).rejects.toMatchObject({ type: 'overloaded' });
    expect(await takeAs('second')).toEqual({ type: 'under-way' });
    const refusing = new ScriptedModel([new ModelError('auth', 'no')]);
    await expect(ask('first', { model: refusing, attempt: 2 })).rejects.toMatchObject({ nonRetryable: true });
    expect(await takeAs('second')).toEqual({ type: 'held' });
  });

  describe('that another execution makes', () => {
    const NEVER = new AbortController().signal;

    /** Somebody else holds the call, until it is released. */
    async function heldByAnother(): Promise<() => Promise<void>> {
      const taking = vi.spyOn(storage.answerCache, 'take').mockResolvedValueOnce({ type: 'under-way' });
      await expect(ask('waits')).rejects.toBeInstanceOf(CompleteAsyncError);
      const [call] = taking.mock.calls[0] ?? [];
      if (call === undefined) throw new Error('nobody wanted the call');
      const other = { ...call, owner: 'other', holder: 'other' };
      expect(await storage.answerCache.take(other)).toEqual({ type: 'held' });
      return () => storage.answerCache.release(other);
    }

    it('is waited for, and viewers are told so; the next attempt makes it where it came to nothing', async () => {
      const release = await heldByAnother();
      await eventually(async () => {
        expect(await readEvents(streams, 'waits')).toMatchObject([
          { eventType: 'attempt_started', status: 'first' },
          { eventType: 'thinking', status: 'waiting_for_equal' },
        ]);
      });
      expect((await storage.executions.get('waits'))?.attempts).toEqual([]);
      const over = waits[0]?.look(NEVER);
      await release();
      await expect(over).rejects.toMatchObject({ type: 'UNAVAILABLE', nonRetryable: false, nextRetryDelay: 1 });
      const details = waits[0]?.details?.() as AttemptDetails;
      expect(details).toMatchObject({ equalWaits: 1, failures: 0 });
      expect(await ask('waits', { attempt: 2, details })).toMatchObject({ asked: 1, answer: { text: TEXT } });
      // It was no attempt at the model, lost or otherwise.
      expect((await storage.executions.get('waits'))?.attempts).toMatchObject([{ attempt: 1, outcome: 'completed' }]);
      expect((await readEvents(streams, 'waits'))[2]).toMatchObject({ eventType: 'attempt_started', status: 'first' });
    });

    it('is waited for no longer than a call may take, all waits together: then it is made, and serves others', async () => {
      await heldByAnother();
      const late = { equalWaits: 1, equalWaitMs: 10_000 };
      expect(await ask('waits', { attempt: 2, details: late })).toMatchObject({ asked: 1 });
      expect((await ask('next')).answer).toMatchObject({ cachedFrom: 'waits' });
      const early = { equalWaits: 1, equalWaitMs: 9_990 };
      vi.spyOn(storage.answerCache, 'take').mockResolvedValueOnce({ type: 'under-way' });
      await expect(ask('late', { attempt: 2, details: early })).rejects.toBeInstanceOf(CompleteAsyncError);
      await expect(waits[1]?.look(NEVER)).rejects.toMatchObject({ type: 'UNAVAILABLE' });
      expect(waits[1]?.details?.()).toMatchObject({ equalWaits: 2 });
    });

    it('does not end an execution that waits again and again, as lost attempts do', async () => {
      const details = { equalWaits: 20, equalWaitMs: 10 };
      expect(await ask('waits', { attempt: 21, details })).toMatchObject({ asked: 1 });
    });
  });
});
