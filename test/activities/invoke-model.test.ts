import { ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import type { ModelCall, TurnAnswer } from '../../src/contract/activities.js';
import type { ActivityParts } from '../../src/activities/activity-parts.js';
import type { AttemptDetails } from '../../src/activities/attempt-heartbeat.js';
import { EqualCalls } from '../../src/activities/equal-calls.js';
import { invokeModel } from '../../src/activities/invoke-model.js';
import { KnownBudgets } from '../../src/activities/known-budgets.js';
import { OneAfterAnother } from '../../src/activities/one-after-another.js';
import { CircuitBreakerError } from '../../src/core/errors.js';
import { ModelError } from '../../src/core/executions/model-error.js';
import { pendingExecution } from '../../src/core/executions/pending-execution.js';
import { retryLimits } from '../../src/core/executions/turn-retry.js';
import type { LanguageModel } from '../../src/providers/language-model.js';
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
import { schemasInThisThread } from '../support/schemas.js';
import { NO_BATCHES } from '../support/no-batches.js';
import { FINISH, HANG, ScriptedModel } from '../support/scripted-model.js';
import { readEvents } from '../streams/contract/stream-backend.js';

const ID = 'doc-1:review:1';
const CALL: ModelCall = {
  executionId: ID,
  turn: 1,
  overrides: {},
  prepared: {
    agentId: 'reviewer',
    agentVersion: 1,
    provider: 'mock',
    model: 'mock-1',
    conversationId: ID,
    messageCount: 1,
    maxTurns: 1,
    timeoutSeconds: 10,
    retry: retryLimits({ maxAttempts: 2, backoffSeconds: 1 }),
  },
};

describe('a turn', () => {
  let storage: Storage;
  let streams: MemoryStreamLog;
  let logger: MemoryLogger;

  beforeEach(async () => {
    logger = new MemoryLogger();
    ({ storage } = await openStorage('memory:', { logger }));
    streams = new MemoryStreamLog();
    await storage.agents.create('reviewer', anAgent(), NOW);
    await storage.executions.create(pendingExecution({ executionId: ID, agentId: 'reviewer', input: {} }, NOW));
    await storage.conversations.create({ id: ID, agentId: 'reviewer', createdAt: NOW });
    await storage.conversations.append(ID, 0, [{ role: 'user', content: 'Review: tides', timestamp: NOW }]);
  });

  interface Place {
    readonly attempt?: number;
    readonly details?: Partial<AttemptDetails>;
    readonly epoch?: number;
    readonly turn?: number;
  }

  function run(model: LanguageModel, { attempt = 1, details, epoch = attempt, turn = 1 }: Place = {}) {
    const info = {
      attempt,
      currentAttemptScheduledTimestampMs: epoch,
      ...(details && { heartbeatDetails: { turn: 1, failures: 0, chunks: 0, characters: 0, tail: '', ...details } }),
    };
    const environment = new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });
    const beats: AttemptDetails[] = [];
    environment.on('heartbeat', (beat: AttemptDetails) => beats.push(beat));
    const parts: ActivityParts = {
      storage,
      schemas: schemasInThisThread,
      appends: new OneAfterAnother(),
      breakers: breakersOn(storage),
      equalCalls: new EqualCalls(storage.answerCache),
      model,
      costOf: () => undefined,
      budgets: new KnownBudgets(storage),
      batches: NO_BATCHES,
      tools: new Map(),
      mask: (text) => text,
      tellTools: () => Promise.resolve(),
      logger,
      metrics: unmeasured,
      traces: untraced,
      openAnswer: (executionId, options) => openAnswerStream(streams, executionId, options),
      closeStream: () => Promise.resolve(),
      temporal: {
        isNewestRun: () => Promise.reject(new Error('not played')),
        cancelExecution: () => Promise.reject(new Error('not played')),
      },
      awaitExecution: () => Promise.reject(new Error('not played')),
      waitWithoutSlot: () => {
        throw new Error('not played');
      },
      executionTimeoutSeconds: 10,
      now: () => NOW,
    };
    const invoke = (call: ModelCall) => invokeModel(parts, call);
    const answer = environment.run<[ModelCall], TurnAnswer, typeof invoke>(invoke, { ...CALL, turn });
    return { answer, beats, environment };
  }

  /** Says a text, and that it was all when it is told to. */
  function sayingThen(text: string): { readonly model: LanguageModel; readonly finish: () => void } {
    let finish = (): void => undefined;
    const whole = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const model: LanguageModel = {
      async *stream() {
        yield { type: 'text', text };
        await whole;
        yield { type: 'finish', finish: FINISH };
      },
    };
    return { model, finish };
  }

  it('returns exactly the text that its stream got', async () => {
    const answer = await run(new ScriptedModel(['Fi', 'ne \ud83d', '\ude00', FINISH])).answer;
    const events = await readEvents(streams, ID);
    const streamed = events.map((event) => (event.eventType === 'content_chunk' ? event.content : '')).join('');
    expect(answer).toMatchObject({ text: 'Fine 😀', turn: 1, attempt: 1, stopReason: 'stop' });
    expect(streamed).toBe(answer.text);
  });

  it('that was finished is returned as it was stored, without another call', { tags: 'finished-turns' }, async () => {
    const first = await run(new ScriptedModel(['Fine.', FINISH])).answer;
    const model = new ScriptedModel(['Other.', FINISH]);
    expect(await run(model, { attempt: 2 }).answer).toEqual(first);
    expect(model.requests).toEqual([]);
  });

  it(
    'is not stored by an attempt that was taken for lost, once its successor has begun',
    { tags: 'finished-turns' },
    async () => {
      const frozenModel = sayingThen('First.');
      const frozen = run(frozenModel.model);
      await eventually(async () => {
        expect((await readEvents(streams, ID)).length).toBeGreaterThan(1);
      });
      const successorModel = sayingThen('Second.');
      const successor = run(successorModel.model, { attempt: 2 });
      await eventually(async () => {
        expect((await readEvents(streams, ID)).at(-1)).toMatchObject({ content: 'Second.' });
      });
      frozenModel.finish();
      await expect(frozen.answer).rejects.toMatchObject({ name: 'TurnTaken' });
      expect(await storage.executions.getTurn(ID, 1)).toBeUndefined();
      successorModel.finish();
      expect(await successor.answer).toMatchObject({ text: 'Second.', attempt: 2 });
      expect((await storage.executions.get(ID))?.attempts).toMatchObject([
        { outcome: 'lost' },
        { outcome: 'completed' },
      ]);
    },
  );

  it('counts failures of the provider in its heartbeats, and ends for good with the last one', async () => {
    const failing = () => new ScriptedModel(['Fi', new ModelError('overloaded', 'busy')]);
    const first = run(failing());
    await expect(first.answer).rejects.toMatchObject({ type: 'overloaded', nonRetryable: false });
    expect(first.beats.at(-1)).toMatchObject({ failures: 1, lastFailure: 'overloaded', chunks: 1, tail: 'Fi' });
    const second = run(failing(), { attempt: 2, details: { failures: 1 } });
    await expect(second.answer).rejects.toMatchObject({ type: 'overloaded', nonRetryable: true });
  });

  it('that fails before its provider was asked, for want of a picture, says nothing of how that is', async () => {
    const unasked = new ScriptedModel([new ModelError('timeout', 'no picture', { isUnasked: true })]);
    await expect(run(unasked).answer).rejects.toMatchObject({ type: 'timeout' });
    expect(await storage.breakers.list()).toEqual([]);
    const unwell = new ScriptedModel([new ModelError('timeout', 'no answer')]);
    await expect(run(unwell, { attempt: 2 }).answer).rejects.toMatchObject({ type: 'timeout' });
    expect(await storage.breakers.list()).toMatchObject([{ state: { type: 'closed', failures: 1 } }]);
  });

  it('tells its viewers that it waits, for how long and why', async () => {
    const limited = new ModelError('rate_limit', 'slow down', { retryAfterMs: 7_000 });
    await expect(run(new ScriptedModel([limited])).answer).rejects.toMatchObject({ type: 'rate_limit' });
    expect((await readEvents(streams, ID)).at(-1)).toMatchObject({
      eventType: 'thinking',
      status: 'rate_limited',
      content: 'rate_limit: the next attempt in 7 s',
    });
  });

  it('keeps what an attempt took and cost, also of one that failed or was lost with its worker', async () => {
    const usage = { inputTokens: 9, outputTokens: 1, totalTokens: 10 };
    const cause = new ModelError('overloaded', 'busy', { providerRequestId: 'req-1' });
    await run(new ScriptedModel(['Fi', { type: 'usage', usage }, cause])).answer.catch(() => undefined);
    const hanging = run(new ScriptedModel(['Fine', { type: 'usage', usage }, HANG]), { attempt: 2 });
    await eventually(async () => {
      expect((await storage.executions.get(ID))?.attempts).toHaveLength(2);
    });
    const details = { failures: 1, characters: 4, usage };
    await run(new ScriptedModel(['Fine.', FINISH]), { attempt: 3, details }).answer;
    hanging.environment.cancel('CANCELLED');
    await hanging.answer.catch(() => undefined);
    expect((await storage.executions.get(ID))?.attempts).toMatchObject([
      { outcome: 'failed', errorCode: 'overloaded', providerRequestId: 'req-1', characters: 2, usage },
      { outcome: 'lost', characters: 4, usage },
      { outcome: 'completed', characters: 5 },
    ]);
  });

  it('notes an attempt at its end where storage was away when it began', { tags: 'storage-away' }, async () => {
    const get = vi
      .spyOn(storage.executions, 'get')
      .mockRejectedValueOnce(new CircuitBreakerError('UNAVAILABLE', 'away'));
    await run(new ScriptedModel(['Fine.', FINISH]), { attempt: 2 }).answer;
    expect(get.mock.results).toHaveLength(2);
    expect((await storage.executions.get(ID))?.attempts).toMatchObject([
      { turn: 1, attempt: 1, outcome: 'lost' },
      { turn: 1, attempt: 2, outcome: 'completed', characters: 5 },
    ]);
  });

  it(
    'counts an attempt as completed whose end could not be noted, once a later turn begins',
    { tags: 'storage-away' },
    async () => {
      const hanging = run(new ScriptedModel(['Fine', HANG]));
      await eventually(async () => {
        expect((await storage.executions.get(ID))?.attempts).toMatchObject([{ outcome: 'running' }]);
      });
      await run(new ScriptedModel(['Fine.', FINISH]), { turn: 2 }).answer;
      const [first, second] = (await storage.executions.get(ID))?.attempts ?? [];
      expect([first, second]).toMatchObject([
        { turn: 1, outcome: 'completed' },
        { turn: 2, outcome: 'completed' },
      ]);
      hanging.environment.cancel('CANCELLED');
      await hanging.answer.catch(() => undefined);
    },
  );

  it('says nothing of an error that nobody foresaw: its words may be anything, and are for the log', async () => {
    const failure = new TypeError('Invalid header: Bearer sk-secret');
    const error: unknown = await run(new ScriptedModel([failure])).answer.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ type: 'server', message: expect.not.stringContaining('sk-secret') as string });
    expect(logger.lines.at(-1)).toMatchObject({ level: 'error', facts: { err: failure } });
  });

  it(
    'does not count attempts lost with their workers, but not for ever',
    { tags: ['lost-attempts', 'worker-killed'] },
    async () => {
      const sixth = run(new ScriptedModel(['Fine.', FINISH]), { attempt: 6 });
      expect((await sixth.answer).text).toBe('Fine.');
      const seventh = run(new ScriptedModel(['Fine.', FINISH]), { attempt: 7 });
      await expect(seventh.answer).rejects.toMatchObject({ type: 'worker_lost', nonRetryable: true });
    },
  );

  it.each(['CANCELLED', 'WORKER_SHUTDOWN'] as const)('that is stopped (%s) throws that very reason', async (reason) => {
    const { answer, environment } = run(new ScriptedModel(['Fi', HANG]));
    setTimeout(() => {
      environment.cancel(reason);
    }, 20);
    const error: unknown = await answer.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CancelledFailure);
    expect(error).toMatchObject({ message: reason });
    const { attempts = [] } = (await storage.executions.get(ID)) ?? {};
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['cancelled']);
  });

  describe('whose stream another attempt has', () => {
    beforeEach(async () => {
      await streams.open(ID, { epoch: Number.MAX_SAFE_INTEGER, turn: 1, reason: 'worker_lost' });
    });

    it(
      'goes on where Temporal knows no other: a clock was set back, and what is paid for is not thrown away',
      { tags: 'clock-set-back' },
      async () => {
        const { answer } = run(new ScriptedModel(['Fi', 'ne.', FINISH]));
        expect(await answer).toMatchObject({ text: 'Fine.' });
        expect(logger.lines).toMatchObject([{ level: 'info', facts: { executionId: ID, turn: 1 } }]);
      },
    );

    it('ends as soon as Temporal says that another is due, whom it tells at once', { tags: 'one-writer' }, async () => {
      const { answer, beats, environment } = run(new ScriptedModel(['Fi', HANG]));
      await eventually(() => {
        expect(beats.at(-1)).toMatchObject({ characters: 2, failures: 0 });
      });
      environment.cancel('NOT_FOUND');
      await expect(answer).rejects.toThrow('NOT_FOUND');
      expect(await readEvents(streams, ID)).toHaveLength(1);
    });
  });

  it('that Temporal has forgotten says no more, to its viewers or of itself: others know what became of it', async () => {
    const { answer, environment } = run(new ScriptedModel(['Fi', HANG]));
    await eventually(async () => {
      expect(await readEvents(streams, ID)).toHaveLength(2);
    });
    const before = await storage.executions.get(ID);
    environment.cancel('NOT_FOUND');
    await expect(answer).rejects.toThrow('NOT_FOUND');
    expect(await readEvents(streams, ID)).toHaveLength(2);
    expect(await storage.executions.get(ID)).toEqual(before);
  });

  it.each([
    ['x', 1024 * 1024],
    ['字', 349_525],
  ])('may say a MiB in UTF-8 (%s), and a letter more is a fault, not an answer', async (letter, count) => {
    const tooLong = run(new ScriptedModel([letter.repeat(count), letter, FINISH]));
    await expect(tooLong.answer).rejects.toMatchObject({ type: 'answer_too_large', nonRetryable: true });
    const { text } = await run(new ScriptedModel([letter.repeat(count), FINISH]), { attempt: 2 }).answer;
    expect(text).toHaveLength(count);
  });

  it('that ends without a finish is incomplete', async () => {
    await expect(run(new ScriptedModel(['Fi'])).answer).rejects.toMatchObject({ type: 'incomplete_stream' });
  });

  it('waits for storage that is away instead of failing', { tags: 'storage-away' }, async () => {
    const away = new CircuitBreakerError('UNAVAILABLE', 'away');
    vi.spyOn(storage.conversations, 'get').mockRejectedValueOnce(away);
    expect((await run(new ScriptedModel(['Fine.', FINISH])).answer).text).toBe('Fine.');
  });

  it('whose agent was deleted meanwhile fails for good', async () => {
    await storage.agents.delete('reviewer');
    const error: unknown = await run(new ScriptedModel([FINISH])).answer.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApplicationFailure);
    expect(error).toMatchObject({ type: 'invalid_request', nonRetryable: true });
  });
});
