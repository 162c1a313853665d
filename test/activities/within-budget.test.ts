import { beforeEach, describe, expect, it } from 'vitest';

import { KnownBudgets } from '../../src/activities/known-budgets.js';
import { reserveForBatch } from '../../src/activities/reserve-budget.js';
import { withinBudget, withoutCall } from '../../src/activities/within-budget.js';
import type { Budget } from '../../src/core/agents/budget.js';
import { budgetScopes } from '../../src/core/executions/budget-limit.js';
import { CircuitBreakerError } from '../../src/core/errors.js';
import { ModelError } from '../../src/core/executions/model-error.js';
import type { ModelRequest } from '../../src/core/executions/turn.js';
import type { TokenUsage } from '../../src/core/streams/stream-event.js';
import { retryLimits } from '../../src/core/executions/turn-retry.js';
import { openStorage } from '../../src/storage/open-storage.js';
import type { Storage } from '../../src/storage/storage.js';
import { anAgent, aWorkflow, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { measured, type Measured } from '../support/metrics.js';
import { FINISH, HANG, ScriptedModel } from '../support/scripted-model.js';

const DAY = NOW.slice(0, 10);
/** A token costs a cent. */
const CENT_EACH = (_: unknown, { totalTokens }: TokenUsage) => totalTokens / 100;
const REQUEST: ModelRequest = {
  provider: { type: 'mock', model: 'mock-1', headers: {}, options: {} },
  llmConfig: { maxTokens: 10 },
  messages: [{ role: 'user', content: 'x'.repeat(18) }],
  tools: [],
  timeoutMs: 2000,
  strictParameters: false,
};

describe('a model call within budgets', () => {
  let storage: Storage;
  let logger: MemoryLogger;
  let budgets: KnownBudgets;
  let told: string[];
  let measure: Measured;
  let now = NOW;

  beforeEach(async () => {
    logger = new MemoryLogger();
    now = NOW;
    told = [];
    measure = measured();
    ({ storage } = await openStorage('memory:', { logger }));
    budgets = new KnownBudgets(storage);
  });

  const setBudget = async (budget: Budget) => {
    const agent = anAgent({ budget });
    if ((await storage.agents.get('reviewer')) === undefined) await storage.agents.create('reviewer', agent, NOW);
    else await storage.agents.update('reviewer', { content: agent, now: NOW });
  };

  interface Played {
    readonly attempt?: number;
    readonly characters?: number;
    readonly executionId?: string;
    readonly workflowId?: string;
    readonly signal?: AbortSignal;
    readonly timeoutMs?: number;
    /** Whom the attempt before has asked. */
    readonly askedBefore?: ModelRequest['provider'];
    /** What is known already: nobody is called. */
    readonly known?: ScriptedModel;
    /** It waits for a batch from now on, or has its answer of one. */
    readonly batch?: 'join' | 'take';
    readonly costOf?: (provider: unknown, usage: TokenUsage) => number | undefined;
  }

  async function play(model: ScriptedModel, how: Played = {}): Promise<string> {
    const { attempt = 1, characters = 0, executionId = 'e', workflowId, costOf = CENT_EACH, timeoutMs = 2000 } = how;
    const { signal = new AbortController().signal, askedBefore, known, batch } = how;
    const prepared = {
      ...{ agentId: 'reviewer', agentVersion: 1, provider: 'mock' as const, model: 'mock-1', conversationId: 'e' },
      ...{ messageCount: 1, maxTurns: 1, timeoutSeconds: 2, retry: retryLimits(undefined) },
      ...(workflowId === undefined ? {} : { workflowId }),
      ...(batch === undefined ? {} : { batch: { maxWaitSeconds: 172_800 } }),
    };
    const place = {
      context: { cancellationSignal: signal, info: { attempt } as never },
      previous: { turn: 1, failures: 0, chunks: 0, characters, tail: '' },
      request: { ...REQUEST, timeoutMs },
      tell: (words: string) => void told.push(words),
      ...(askedBefore === undefined ? {} : { askedBefore }),
    };
    const { metrics } = measure;
    const parts = { storage, budgets, costOf, logger, metrics, model, now: () => now };
    let text = '';
    const call = {
      executionId,
      turn: 1,
      overrides: {},
      prepared,
      ...(batch === 'take' ? { isBatched: true as const } : {}),
    };
    if (batch === 'join') {
      await reserveForBatch(parts, call, place);
      return '';
    }
    const events =
      known === undefined ? withinBudget(parts, call, place) : withoutCall(parts, call, { ...place, known });
    for await (const event of events) {
      if (event.type === 'text') text += event.text;
    }
    return text;
  }

  const fine = () => new ScriptedModel(['Fine.', FINISH]);

  async function today(scope = budgetScopes.agent('reviewer'), day = DAY) {
    const [sum] = await storage.budgets.sums([{ scope, day }]);
    return { spent: sum?.spent.tokens, reserved: sum?.reserved.tokens };
  }

  it('takes what its provider counted in the end, and gives back what it did not take', async () => {
    await setBudget({ maxCostUsdPerDay: 1 });
    expect(await play(fine())).toBe('Fine.');
    expect(await today()).toEqual({ spent: 5, reserved: 0 });
  });

  it('is not made where it may take more than there is, and the same goes on once the budget was raised', async () => {
    await setBudget({ maxCostUsdPerDay: 0.19 });
    const model = fine();
    const refused = play(model);
    await expect(refused).rejects.toMatchObject({ code: 'budget_exceeded', facts: { shouldRetry: false } });
    await expect(refused).rejects.toThrow(
      'The budget of agent "reviewer" for 2026-11-23 is 0.19 USD: what is spent and reserved (budgetToday) leaves less than the ' +
        '0.2 USD that this call may take. Raise maxCostUsdPerDay, or lower maxTokens, or wait for the next day (UTC); ' +
        'a token that has an incident by this then goes on with retryToken.',
    );
    expect(model.requests).toEqual([]);
    await setBudget({ maxCostUsdPerDay: 0.2 });
    expect(await play(model)).toBe('Fine.');
  });

  it('says of what an agent has spent nothing that those would read who are limited to other workflows', async () => {
    await setBudget({ maxCostUsdPerDay: 0.21 });
    expect(await play(fine())).toBe('Fine.');
    const { spent } = await today();
    expect(spent).toBe(5);
    const refused = await play(fine()).catch((error: unknown) => error as Error);
    expect(refused).toMatchObject({ code: 'budget_exceeded' });
    expect((refused as Error).message).not.toContain('0.05');
  });

  it('waits while only calls under way keep it from its budget', async () => {
    await setBudget({ maxTokensPerDay: 25 });
    const ending = new AbortController();
    const held = play(new ScriptedModel([HANG]), { executionId: 'held', signal: ending.signal });
    await eventually(async () => {
      expect(await today()).toMatchObject({ reserved: 20 });
    });
    const waiting = play(fine(), { executionId: 'waiting' });
    await eventually(() => {
      expect(told).toHaveLength(1);
    });
    ending.abort(new ModelError('overloaded', 'busy'));
    await expect(held).rejects.toMatchObject({ code: 'overloaded' });
    expect(await waiting).toBe('Fine.');
    expect(told).toEqual([
      'The budget of agent "reviewer" for 2026-11-23 is reserved by calls under way: this one waits for what they leave.',
    ]);
    expect(await today()).toEqual({ spent: 5, reserved: 0 });
  });

  it('gives up waiting after half of its own time', async () => {
    await setBudget({ maxTokensPerDay: 25 });
    const ending = new AbortController();
    const held = play(new ScriptedModel([HANG]), { executionId: 'held', signal: ending.signal });
    await expect(play(fine(), { executionId: 'other', timeoutMs: 100 })).rejects.toMatchObject({
      code: 'budget_exceeded',
    });
    ending.abort(new Error('over'));
    await expect(held).rejects.toThrow('over');
    // It was ended while nobody had counted: its input is paid for.
    expect(await today()).toEqual({ spent: 10, reserved: 0 });
  });

  it('takes its input, and as much of an answer as came, where it broke off before it was counted', async () => {
    await setBudget({ maxTokensPerDay: 100 });
    const broken = new ScriptedModel(['123456789', new ModelError('incomplete_stream', 'over')]);
    await expect(play(broken)).rejects.toMatchObject({ code: 'incomplete_stream' });
    expect(await today()).toEqual({ spent: 13, reserved: 0 });
  });

  it('takes nothing where it failed before its provider was asked, as for want of a picture', async () => {
    await setBudget({ maxTokensPerDay: 100 });
    const unasked = new ScriptedModel([new ModelError('timeout', 'no picture', { isUnasked: true })]);
    await expect(play(unasked)).rejects.toMatchObject({ code: 'timeout' });
    expect(await today()).toEqual({ spent: 0, reserved: 0 });
  });

  it('has half of its time at least, however long storage was away before it', { tags: 'storage-away' }, async () => {
    await setBudget({ maxTokensPerDay: 100 });
    const reserve = storage.budgets.reserve.bind(storage.budgets);
    let away = 1;
    storage.budgets.reserve = (reservation) => {
      away -= 1;
      return away >= 0 ? Promise.reject(new CircuitBreakerError('UNAVAILABLE', 'away')) : reserve(reservation);
    };
    const model = fine();
    expect(await play(model, { timeoutMs: 80 })).toBe('Fine.');
    expect(model.requests).toMatchObject([{ timeoutMs: 40 }]);
  });

  /** What an attempt has reserved whose worker died. */
  async function reserveAndDie(): Promise<void> {
    const limit = { scope: budgetScopes.agent('reviewer'), day: DAY, maxTokens: 100 };
    const died = { executionId: 'e', turn: 1, callId: 'died', limits: [limit], day: DAY };
    const amounts = { most: { nanoUsd: 0, tokens: 50 }, least: { nanoUsd: 0, tokens: 10 } };
    await storage.budgets.reserve({ ...died, ...amounts, expiresAt: '2027-01-01T00:00:00.000Z' });
  }

  it('gives back what an attempt that was lost has reserved, also where the next one needs no call', async () => {
    await setBudget({ maxTokensPerDay: 100 });
    await reserveAndDie();
    const model = fine();
    expect(await play(model, { attempt: 2, characters: 6, known: fine() })).toBe('Fine.');
    expect(model.requests).toEqual([]);
    expect(await today()).toEqual({ spent: 12, reserved: 0 });
  });

  it('has what was lost at another provider at the price of that one', async () => {
    await setBudget({ maxCostUsdPerDay: 100 });
    await reserveAndDie();
    const askedBefore = { ...REQUEST.provider, model: 'dear' };
    const costOf = (provider: unknown, { totalTokens }: TokenUsage) =>
      (totalTokens / 100) * ((provider as ModelRequest['provider']).model === 'dear' ? 10 : 1);
    await play(fine(), { attempt: 2, characters: 6, askedBefore, costOf });
    const [sum] = await storage.budgets.sums([{ scope: budgetScopes.agent('reviewer'), day: DAY }]);
    expect(sum?.spent).toEqual({ tokens: 12 + 5, nanoUsd: (12 * 10 + 5) * 10_000_000 });
  });

  it('settles what an attempt whose worker died has left, by its last heartbeat', async () => {
    await setBudget({ maxTokensPerDay: 100 });
    await reserveAndDie();
    expect(await play(fine(), { attempt: 2, characters: 6 })).toBe('Fine.');
    expect(await today()).toEqual({ spent: 12 + 5, reserved: 0 });
  });

  it('counts for the day on which it began, whatever the clock says when it ends', async () => {
    await setBudget({ maxTokensPerDay: 100 });
    const model = new ScriptedModel(['Fine.', FINISH]);
    const stream = model.stream.bind(model);
    model.stream = async function* (request, signal) {
      now = '2026-11-24T00:00:01.000Z';
      yield* stream(request, signal);
    };
    await play(model);
    expect(await today()).toMatchObject({ spent: 5 });
    expect(await today(budgetScopes.agent('reviewer'), '2026-11-24')).toMatchObject({ spent: 0 });
  });

  it('is refused where a budget is in dollars and no price is known, and goes by tokens alone where it is not', async () => {
    await setBudget({ maxCostUsdPerDay: 1 });
    const costOf = () => undefined;
    const refused = play(fine(), { costOf });
    await expect(refused).rejects.toMatchObject({ code: 'budget_exceeded' });
    await expect(refused).rejects.toThrow('no price of "mock/mock-1" is known: name it in PRICES_FILE');
    budgets = new KnownBudgets(storage);
    await setBudget({ maxTokensPerDay: 100 });
    expect(await play(fine(), { costOf })).toBe('Fine.');
    budgets = new KnownBudgets(storage);
    await setBudget({ maxCostUsdPerDay: 0 });
    expect(await play(fine(), { costOf: () => 0 })).toBe('Fine.');
  });

  it('counts in the budget of its workflow as well, and in that of its execution', async () => {
    await storage.agents.create('reviewer', anAgent(), NOW);
    const budget = { maxTokensPerDay: 100, maxCostUsdPerExecution: 0.22 };
    await storage.workflows.save('review', aWorkflow({ budget }), { hash: 'h', now: NOW });
    await play(fine(), { workflowId: 'review' });
    expect(await today(budgetScopes.workflow('review'))).toEqual({ spent: 5, reserved: 0 });
    const more = play(fine(), { workflowId: 'review' });
    await expect(more).rejects.toThrow('The budget of this execution is 0.22 USD: 0.05 USD is spent');
    expect(await play(fine(), { workflowId: 'review', executionId: 'another' })).toBe('Fine.');
  });

  it('asks storage for nothing but its budgets, once in a while, where there are none', async () => {
    await storage.agents.create('reviewer', anAgent(), NOW);
    let looks = 0;
    const get = storage.agents.get.bind(storage.agents);
    storage.agents.get = (id, version) => {
      looks += 1;
      return get(id, version);
    };
    storage.budgets.reserve = () => Promise.reject(new Error('asked'));
    await Promise.all(Array.from({ length: 20 }, () => play(fine())));
    expect(looks).toBe(1);
  });

  it('tells of the day on which it joined a batch, also when its answer comes days later', async () => {
    await setBudget({ maxTokensPerDay: 25 });
    const costly = new ScriptedModel([{ ...FINISH, usage: { inputTokens: 10, outputTokens: 10, totalTokens: 20 } }]);
    await play(costly, { batch: 'join' });
    now = '2026-11-25T00:00:01.000Z';
    await play(costly, { batch: 'take' });
    expect(await today()).toEqual({ spent: 20, reserved: 0 });
    expect(told).toEqual(['The budget of agent "reviewer" for 2026-11-23, 25 tokens, is spent to 80 %.']);
    expect(await today(budgetScopes.agent('reviewer'), '2026-11-25')).toEqual({ spent: 0, reserved: 0 });
  });

  it('says once that a day is nearly spent', async () => {
    await setBudget({ maxTokensPerDay: 25 });
    const costly = () =>
      new ScriptedModel([{ ...FINISH, usage: { inputTokens: 10, outputTokens: 10, totalTokens: 20 } }]);
    await play(costly());
    await expect(play(costly(), { executionId: 'more' })).rejects.toMatchObject({ code: 'budget_exceeded' });
    await setBudget({ maxTokensPerDay: 46 });
    await play(costly(), { executionId: 'more' });
    const message = 'The budget of agent "reviewer" for 2026-11-23, 25 tokens, is spent to 80 %.';
    expect(logger.lines).toMatchObject([{ level: 'warn', message }]);
    expect(told).toEqual([message]);
    expect(await measure.valueOf('circuit_breaker_budgets_nearly_spent_total', { agent: 'reviewer' })).toBe(1);
  });

  it('is noted when storage comes back that was away as it ended', async () => {
    await setBudget({ maxTokensPerDay: 100 });
    const settle = storage.budgets.settle.bind(storage.budgets);
    let away = 2;
    storage.budgets.settle = (settlement) => {
      away -= 1;
      return away >= 0 ? Promise.reject(new CircuitBreakerError('UNAVAILABLE', 'away')) : settle(settlement);
    };
    expect(await play(fine())).toBe('Fine.');
    expect(await today()).toEqual({ spent: 5, reserved: 0 });
    expect(logger.lines).toEqual([]);
  });

  it('is not refused by what its budget was a moment ago', async () => {
    await setBudget({ maxCostUsdPerDay: 1 });
    const costOf = () => undefined;
    await expect(play(fine(), { costOf })).rejects.toMatchObject({ code: 'budget_exceeded' });
    await setBudget({ maxTokensPerDay: 100 });
    expect(await play(fine(), { costOf })).toBe('Fine.');
    await setBudget({});
    expect(await play(fine(), { costOf, executionId: 'free' })).toBe('Fine.');
  });

  it('loses no answer where storage does not take what it cost', async () => {
    await setBudget({ maxTokensPerDay: 100 });
    storage.budgets.settle = () => Promise.reject(new Error('full'));
    expect(await play(fine())).toBe('Fine.');
    const message = 'what a model call took could not be noted in its budget';
    expect(logger.lines).toMatchObject([{ level: 'warn', message }]);
  });
});
