import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import type { Context } from '@temporalio/activity';

import type { LlmProvider } from '../core/agents/agent.js';
import { limitsOf, type BudgetAmount, type BudgetLimit } from '../core/executions/budget-limit.js';
import { exceededMessage, unpricedMessage, waitingMessage } from '../core/executions/budget-words.js';
import { ModelError } from '../core/executions/model-error.js';
import { amountOf, reservedUsage, usageInTheEnd, type CallEnd } from '../core/executions/reserved-usage.js';
import type { ModelRequest } from '../core/executions/turn.js';
import type { TokenUsage } from '../core/streams/stream-event.js';
import type { ModelCall } from '../contract/activities.js';
import type { BudgetCall, BudgetReservation } from '../storage/budget-store.js';
import type { ActivityParts } from './activity-parts.js';
import type { AttemptDetails } from './attempt-heartbeat.js';
import { persistently } from './persistently.js';

export type BudgetParts = Pick<
  ActivityParts,
  'budgets' | 'costOf' | 'logger' | 'metrics' | 'model' | 'now' | 'storage'
>;

/** The attempt that a call belongs to. */
export interface BudgetPlace {
  readonly context: Pick<Context, 'cancellationSignal' | 'info'>;
  readonly previous: AttemptDetails;
  readonly request: ModelRequest;
  /** Whom the attempt before this one has asked; absent: the same. */
  readonly askedBefore?: LlmProvider;
  /** Tells viewers of the execution. */
  readonly tell: (words: string) => void;
  /** Absent: a new one. */
  readonly callId?: string;
}

/** A call waits so long for others to give back what they reserved, and no longer than half of its own time. */
const LONGEST_WAIT_MS = 30_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;
const DAY_MS = 24 * 3600 * 1000;
/** After its time is over, a call has so long to say what it took. */
export const EXPIRY_GRACE_MS = 5 * 60_000;

/**
 * Reserves what a call may take in every budget that holds for it; undefined: there is none. Waits for calls under way where only what
 * they reserved is in its way. Throws ModelError `budget_exceeded`, after a look at the budgets as they are now.
 */
export async function reserveBudget(
  parts: BudgetParts,
  call: ModelCall,
  place: BudgetPlace,
): Promise<BudgetReservation | undefined> {
  const { budgets, now, storage } = parts;
  const { cancellationSignal: signal } = place.context;
  const { executionId, turn } = call;
  const id = { executionId, turn, callId: place.callId ?? randomUUID() };
  const day = now().slice(0, 10);
  const look = async (isFresh: boolean) => {
    const owners = await persistently(signal, () => budgets.of(call.prepared, { isFresh }));
    return limitsOf({ executionId, day, ...owners });
  };
  const known = await look(false);
  if (known.length === 0) return undefined;
  const sized = { ...id, day, ...sizeOf(parts, place) };
  await settleAttemptBefore(parts, id, place);
  const first = { ...sized, limits: known };
  if (unpriced(parts, place, known) === undefined && (await attempt(parts, place, first)).type === 'reserved')
    return first;
  // Nobody gives back what workers reserved that died.
  await persistently(signal, () => storage.budgets.expire(now()));
  const limits = await look(true);
  if (limits.length === 0) return undefined;
  const unknown = unpriced(parts, place, limits);
  if (unknown !== undefined) throw refusal(unpricedMessage(unknown, place.request.provider));
  return await reserveInTime(parts, place, { ...sized, limits });
}

/** Puts in the place of what an attempt had reserved that was lost what it is known to have taken. Does nothing for one that has settled. */
async function settleAttemptBefore(parts: BudgetParts, call: BudgetCall, place: BudgetPlace): Promise<void> {
  const { cancellationSignal: signal, info } = place.context;
  if (info.attempt === 1) return;
  const lost = lostAmount(parts, place);
  await persistently(signal, () => parts.storage.budgets.settleLost(call, lost));
}

/** For an attempt that calls nobody: what was lost with the one before it is settled all the same. */
export async function settleWithoutCall(
  parts: BudgetParts,
  { prepared, executionId, turn }: ModelCall,
  place: BudgetPlace,
): Promise<void> {
  if (place.context.info.attempt === 1) return;
  const look = () => parts.budgets.of(prepared, { isFresh: false });
  const owners = await persistently(place.context.cancellationSignal, look);
  const limits = limitsOf({ executionId, day: parts.now().slice(0, 10), ...owners });
  if (limits.length > 0) await settleAttemptBefore(parts, { executionId, turn, callId: 'none' }, place);
}

/** The id of a turn's call in a batch: there is one. */
const IN_BATCH = 'batch';

/**
 * Reserves what a turn may take in a batch, until its answer is read, or it leaves. `place`: with all of the time that it may wait. Throws
 * as `reserveBudget` does.
 */
export async function reserveForBatch(parts: BudgetParts, call: ModelCall, place: BudgetPlace): Promise<void> {
  await reserveBudget(parts, call, { ...place, callId: IN_BATCH });
}

/**
 * What a turn that joined a batch has reserved; undefined: it has no budgets. What they may have left by now does not matter. Its limits are
 * those of every day on which it may have joined: it counts on that day, and that day is told of when it is nearly spent.
 */
export async function reservedForBatch(
  parts: BudgetParts,
  { prepared, executionId, turn }: ModelCall,
  place: BudgetPlace,
): Promise<BudgetReservation | undefined> {
  const look = () => parts.budgets.of(prepared, { isFresh: false });
  const owners = await persistently(place.context.cancellationSignal, look);
  const days = daysOfWait(parts.now(), prepared.batch?.maxWaitSeconds ?? 0);
  const [day] = days;
  const limits = [
    ...new Map(days.flatMap((one) => limitsOf({ executionId, day: one, ...owners })).map(keyed)).values(),
  ];
  if (limits.length === 0) return undefined;
  return { executionId, turn, callId: IN_BATCH, day, limits, ...sizeOf(parts, place) };
}

/** Today first. */
function daysOfWait(now: string, maxWaitSeconds: number): readonly [string, ...string[]] {
  const dayBefore = (days: number) => new Date(Date.parse(now) - days * DAY_MS).toISOString().slice(0, 10);
  const before = Array.from({ length: Math.ceil((maxWaitSeconds * 1000) / DAY_MS) }, (_, index) =>
    dayBefore(index + 1),
  );
  return [now.slice(0, 10), ...before];
}

function keyed(limit: BudgetLimit): readonly [string, BudgetLimit] {
  return [`${limit.day} ${limit.scope}`, limit];
}

/** A turn has left its batch: what nobody said of it counts with the least that it can have taken. Does nothing for one that was read. */
export async function settleBatched(
  { storage }: Pick<BudgetParts, 'storage'>,
  { executionId, turn }: { readonly executionId: string; readonly turn: number },
): Promise<void> {
  await storage.budgets.settleLost({ executionId, turn, callId: 'left' }, { nanoUsd: 0, tokens: 0 });
}

async function reserveInTime(
  parts: BudgetParts,
  place: BudgetPlace,
  wanted: BudgetReservation,
): Promise<BudgetReservation> {
  const signal = place.context.cancellationSignal;
  const giveUpAt = performance.now() + Math.min(LONGEST_WAIT_MS, place.request.timeoutMs / 2);
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const verdict = await attempt(parts, place, wanted);
    if (verdict.type === 'reserved') return wanted;
    if (verdict.type === 'exceeded' || performance.now() > giveUpAt) {
      throw refusal(exceededMessage(verdict.limit, verdict.sum, wanted.most));
    }
    if (pauseMs === FIRST_PAUSE_MS) place.tell(waitingMessage(verdict.limit));
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  }
}

function attempt({ storage }: BudgetParts, { context }: BudgetPlace, wanted: BudgetReservation) {
  return persistently(context.cancellationSignal, () => storage.budgets.reserve(wanted));
}

/** No retry mends it. */
function refusal(message: string): ModelError {
  return new ModelError('budget_exceeded', message, { shouldRetry: false });
}

/** The first limit in US dollars, where nobody knows what the call may cost. */
function unpriced(
  { costOf }: BudgetParts,
  { request }: BudgetPlace,
  limits: readonly BudgetLimit[],
): BudgetLimit | undefined {
  if (costOf(request.provider, reservedUsage(request)) !== undefined) return undefined;
  return limits.find(({ maxNanoUsd }) => maxNanoUsd !== undefined);
}

function sizeOf(parts: BudgetParts, { request }: BudgetPlace): Pick<BudgetReservation, 'most' | 'least' | 'expiresAt'> {
  const usage = reservedUsage(request);
  const input = { ...usage, outputTokens: 0, totalTokens: usage.inputTokens };
  return {
    most: countedAmount(parts, request, usage),
    least: countedAmount(parts, request, input),
    expiresAt: new Date(Date.parse(parts.now()) + request.timeoutMs + EXPIRY_GRACE_MS).toISOString(),
  };
}

/** Of the attempt before this one, by what its last heartbeat said. */
function lostAmount(parts: BudgetParts, { previous: { usage, characters }, ...place }: BudgetPlace): BudgetAmount {
  const request = { ...place.request, provider: place.askedBefore ?? place.request.provider };
  const end: CallEnd = { isFinished: false, length: characters, ...(usage === undefined ? {} : { usage }) };
  return countedAmount(parts, request, usageInTheEnd(reservedUsage(request), end));
}

/** Without a price it counts by its tokens alone. */
function countedAmount({ costOf }: BudgetParts, { provider }: ModelRequest, usage: TokenUsage): BudgetAmount {
  const tokens = usage.inputTokens + usage.outputTokens;
  return amountOf(usage, costOf(provider, usage)) ?? { nanoUsd: 0, tokens };
}
