import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import type { Context } from '@temporalio/activity';

import { limitsOf, type BudgetAmount, type BudgetLimit } from '../core/executions/budget-limit.js';
import {
  exceededMessage,
  nearlySpentMessage,
  unpricedMessage,
  waitingMessage,
} from '../core/executions/budget-words.js';
import { ModelError } from '../core/executions/model-error.js';
import { amountOf, reservedUsage, usageInTheEnd, type CallEnd } from '../core/executions/reserved-usage.js';
import type { ModelEvent, ModelRequest } from '../core/executions/turn.js';
import { utf8Length } from '../core/json/utf8-length.js';
import type { TokenUsage } from '../core/streams/stream-event.js';
import type { ModelCall } from '../contract/activities.js';
import type { BudgetReservation } from '../storage/budget-store.js';
import type { ActivityParts } from './activity-parts.js';
import type { AttemptDetails } from './attempt-heartbeat.js';
import { persistently } from './persistently.js';

type Parts = Pick<ActivityParts, 'budgets' | 'costOf' | 'logger' | 'model' | 'now' | 'storage'>;

interface Place {
  readonly context: Pick<Context, 'cancellationSignal' | 'info'>;
  readonly previous: AttemptDetails;
  readonly request: ModelRequest;
  /** Tells viewers of the execution. */
  readonly tell: (words: string) => void;
}

/** A call waits so long for others to give back what they reserved, and no longer than half of its own time. */
const LONGEST_WAIT_MS = 30_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;
/** After its time is over, a call has so long to say what it took. */
const EXPIRY_GRACE_MS = 5 * 60_000;
/** How long an answer waits for storage to take what it cost. */
const SETTLE_PATIENCE_MS = 5000;

/**
 * The events of one model call, which is made where every budget that holds for it has room for what it may take. That is reserved
 * before and given back with its end, however it ends. Throws ModelError `budget_exceeded`, which no retry mends.
 */
export async function* withinBudget(
  parts: Parts,
  call: ModelCall,
  place: Place,
): AsyncGenerator<ModelEvent, void, undefined> {
  const { request } = place;
  const signal = place.context.cancellationSignal;
  const begunAt = performance.now();
  const budgeted = await BudgetedModelCall.begin(parts, call, place);
  const timeoutMs = Math.max(1, request.timeoutMs - Math.round(performance.now() - begunAt));
  if (budgeted === undefined) {
    yield* parts.model.stream(request, signal);
    return;
  }
  try {
    for await (const event of parts.model.stream({ ...request, timeoutMs }, signal)) {
      budgeted.note(event);
      yield event;
    }
  } catch (error) {
    budgeted.fail(error);
    throw error;
  } finally {
    await budgeted.settle();
  }
}

/** A call for which something is reserved, and what is known of its end. */
class BudgetedModelCall {
  readonly #parts: Parts;
  readonly #reservation: BudgetReservation;
  readonly #place: Place;
  readonly #reserved: TokenUsage;
  #end: CallEnd = { isFinished: false, length: 0 };

  private constructor(parts: Parts, reservation: BudgetReservation, place: Place) {
    this.#parts = parts;
    this.#reservation = reservation;
    this.#place = place;
    this.#reserved = reservedUsage(place.request);
  }

  /** Resolves when its budgets have taken it; undefined: it has none. */
  static async begin(parts: Parts, call: ModelCall, place: Place): Promise<BudgetedModelCall | undefined> {
    const { cancellationSignal: signal, info } = place.context;
    const owners = (isFresh: boolean) => persistently(signal, () => parts.budgets.of(call.prepared, { isFresh }));
    const { executionId, turn } = call;
    const day = parts.now().slice(0, 10);
    const limits = async (isFresh: boolean) => limitsOf({ executionId, day, ...(await owners(isFresh)) });
    const held = await limits(false);
    if (held.length === 0) return undefined;
    const id = { executionId, turn, callId: randomUUID() };
    const reservation = { ...id, ...reservationOf(parts, place, { limits: held, day }) };
    const { budgets } = parts.storage;
    if (info.attempt > 1) {
      const known = lostAmount(parts, place);
      await persistently(signal, () => budgets.settleLost(id, known));
    }
    const taken = await reserve(parts, reservation, { ...place, look: () => limits(true) });
    return taken === undefined ? undefined : new BudgetedModelCall(parts, taken, place);
  }

  note(event: ModelEvent): void {
    const { length } = this.#end;
    switch (event.type) {
      case 'text':
      case 'reasoning':
        this.#end = { ...this.#end, length: length + utf8Length(event.text) };
        break;
      case 'usage':
        this.#end = { ...this.#end, usage: event.usage };
        break;
      case 'finish':
        this.#end = {
          usage: event.finish.usage,
          isFinished: true,
          length: length + utf8Length(JSON.stringify(event.finish.toolCalls)),
        };
    }
  }

  fail(error: unknown): void {
    if (error instanceof ModelError) this.#end = { ...this.#end, errorCode: error.code };
  }

  /** Never throws: an answer is not lost for what it cost. What storage does not take expires there. */
  async settle(): Promise<void> {
    const { storage, logger, now } = this.#parts;
    const { executionId, turn, callId, limits } = this.#reservation;
    const settlement = { executionId, turn, callId, limits, taken: this.#taken(), at: now() };
    try {
      const patience = AbortSignal.timeout(SETTLE_PATIENCE_MS);
      const told = await persistently(patience, () => storage.budgets.settle(settlement));
      for (const limit of told) {
        const words = nearlySpentMessage(limit);
        logger.warn({ executionId, turn, scope: limit.scope }, words);
        this.#place.tell(words);
      }
    } catch (error) {
      logger.warn({ executionId, turn, err: error }, 'what a model call took could not be noted in its budget');
    }
  }

  #taken(): BudgetAmount {
    const { provider } = this.#place.request;
    const usage = usageInTheEnd(this.#reserved, this.#end);
    // Where a part has no price that the whole had, it is taken to cost as much as it might.
    return (
      amountOf(usage, this.#parts.costOf(provider, usage)) ?? { ...this.#reservation.most, tokens: tokensOf(usage) }
    );
  }
}

interface Waiting extends Place {
  /** The limits as they are now: somebody may have raised them. */
  readonly look: () => Promise<readonly BudgetLimit[]>;
}

/** Undefined: it has no budget any more. */
async function reserve(
  { storage, now }: Parts,
  given: BudgetReservation,
  { context: { cancellationSignal: signal }, request, look, tell }: Waiting,
): Promise<BudgetReservation | undefined> {
  const giveUpAt = performance.now() + Math.min(LONGEST_WAIT_MS, request.timeoutMs / 2);
  const attempt = (wanted: BudgetReservation) => persistently(signal, () => storage.budgets.reserve(wanted));
  if ((await attempt(given)).type === 'reserved') return given;
  // Nobody gives back what workers reserved that died.
  await persistently(signal, () => storage.budgets.expire(now()));
  const limits = await look();
  if (limits.length === 0) return undefined;
  const wanted = { ...given, limits };
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const verdict = await attempt(wanted);
    if (verdict.type === 'reserved') return wanted;
    if (verdict.type === 'later' && pauseMs === FIRST_PAUSE_MS) tell(waitingMessage(verdict.limit));
    if (verdict.type === 'exceeded' || performance.now() > giveUpAt) {
      const message = exceededMessage(verdict.limit, verdict.sum, given.most);
      throw new ModelError('budget_exceeded', message, { shouldRetry: false });
    }
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  }
}

/** Throws ModelError `budget_exceeded` where a limit is in US dollars and nobody knows what the call may cost. */
function reservationOf(
  { costOf, now }: Parts,
  { request }: Place,
  { limits, day }: Pick<BudgetReservation, 'limits' | 'day'>,
): Omit<BudgetReservation, 'executionId' | 'turn' | 'callId'> {
  const { provider, timeoutMs } = request;
  const usage = reservedUsage(request);
  const ofUsd = limits.find(({ maxNanoUsd }) => maxNanoUsd !== undefined);
  const most = amountOf(usage, costOf(provider, usage));
  if (most === undefined && ofUsd !== undefined) {
    throw new ModelError('budget_exceeded', unpricedMessage(ofUsd, provider), { shouldRetry: false });
  }
  const input = { ...usage, outputTokens: 0, totalTokens: usage.inputTokens };
  return {
    most: most ?? { nanoUsd: 0, tokens: tokensOf(usage) },
    least: amountOf(input, costOf(provider, input)) ?? { nanoUsd: 0, tokens: tokensOf(input) },
    limits,
    day,
    expiresAt: new Date(Date.parse(now()) + timeoutMs + EXPIRY_GRACE_MS).toISOString(),
  };
}

/** Of the attempt before this one, by what its last heartbeat said. */
function lostAmount({ costOf }: Parts, { previous: { usage, characters }, request }: Place): BudgetAmount {
  const end: CallEnd = { isFinished: false, length: characters, ...(usage === undefined ? {} : { usage }) };
  const used = usageInTheEnd(reservedUsage(request), end);
  return amountOf(used, costOf(request.provider, used)) ?? { nanoUsd: 0, tokens: tokensOf(used) };
}

function tokensOf({ inputTokens, outputTokens }: TokenUsage): number {
  return inputTokens + outputTokens;
}
