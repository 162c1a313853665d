import { setTimeout as delay } from 'node:timers/promises';

import type { BudgetAmount } from '../core/executions/budget-limit.js';
import { nearlySpentMessage } from '../core/executions/budget-words.js';
import { ModelError } from '../core/executions/model-error.js';
import { amountOf, reservedUsage, usageInTheEnd, type CallEnd } from '../core/executions/reserved-usage.js';
import type { ModelEvent } from '../core/executions/turn.js';
import { utf8Length } from '../core/json/utf8-length.js';
import type { ModelCall } from '../contract/activities.js';
import type { LanguageModel } from '../providers/language-model.js';
import type { BudgetReservation } from '../storage/budget-store.js';
import { persistently } from './persistently.js';
import {
  EXPIRY_GRACE_MS,
  reserveBudget,
  reservedForBatch,
  settleWithoutCall,
  type BudgetParts,
  type BudgetPlace,
} from './reserve-budget.js';

/** How long an answer waits for storage to take what it cost. It is told on behind the answer. */
const SETTLE_PATIENCE_MS = 5000;

/**
 * The events of one model call, which is made where every budget that holds for it has room for what it may take. That is reserved
 * before and given back with its end, however it ends. Throws ModelError `budget_exceeded`, which no retry mends.
 */
export async function* withinBudget(
  parts: BudgetParts,
  call: ModelCall,
  place: BudgetPlace,
): AsyncGenerator<ModelEvent, void, undefined> {
  const { request } = place;
  const signal = place.context.cancellationSignal;
  const begunAt = performance.now();
  const reserve = call.isBatched === true ? reservedForBatch : reserveBudget;
  const reservation = await reserve(parts, call, place);
  if (reservation === undefined) {
    yield* parts.model.stream(request, signal);
    return;
  }
  // As much as a wait for its budget leaves at least: storage that was away is not to look like a provider that is slow.
  const leftMs = request.timeoutMs - Math.round(performance.now() - begunAt);
  const timeoutMs = Math.max(Math.ceil(request.timeoutMs / 2), leftMs);
  const budgeted = new BudgetedModelCall(parts, reservation, place);
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

/** The events of an answer that is known, for which nobody is called. */
export async function* withoutCall(
  parts: BudgetParts,
  call: ModelCall,
  { known, ...place }: BudgetPlace & { readonly known: LanguageModel },
): AsyncGenerator<ModelEvent, void, undefined> {
  await settleWithoutCall(parts, call, place);
  yield* known.stream(place.request, place.context.cancellationSignal);
}

/** A call for which something is reserved, and what is known of its end. */
class BudgetedModelCall {
  readonly #parts: BudgetParts;
  readonly #reservation: BudgetReservation;
  readonly #place: BudgetPlace;
  #end: CallEnd = { isFinished: false, length: 0 };

  constructor(parts: BudgetParts, reservation: BudgetReservation, place: BudgetPlace) {
    this.#parts = parts;
    this.#reservation = reservation;
    this.#place = place;
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
    if (!(error instanceof ModelError)) return;
    const { isUnasked } = error.facts;
    this.#end = { ...this.#end, errorCode: error.code, ...(isUnasked === true ? { isUnasked } : {}) };
  }

  /** Never throws, and takes no longer than an answer may wait for it. What storage never takes expires there. */
  async settle(): Promise<void> {
    let isAnswered = false;
    const noted = this.#note((words) => {
      if (!isAnswered) this.#place.tell(words);
    });
    await Promise.race([noted, delay(SETTLE_PATIENCE_MS, undefined, { ref: false })]);
    isAnswered = true;
  }

  async #note(tell: (words: string) => void): Promise<void> {
    const { storage, logger, metrics, now } = this.#parts;
    const { executionId, turn, callId, limits } = this.#reservation;
    const settlement = { executionId, turn, callId, limits, taken: this.#taken(), at: now() };
    try {
      const patience = AbortSignal.timeout(EXPIRY_GRACE_MS);
      const told = await persistently(patience, () => storage.budgets.settle(settlement));
      for (const limit of told) {
        const words = nearlySpentMessage(limit);
        logger.warn({ executionId, turn, scope: limit.scope }, words);
        metrics.budgetNearlySpent(limit.scope, limit.day);
        tell(words);
      }
    } catch (error) {
      logger.warn({ executionId, turn, err: error }, 'what a model call took could not be noted in its budget');
    }
  }

  #taken(): BudgetAmount {
    const { request } = this.#place;
    const usage = usageInTheEnd(reservedUsage(request), this.#end);
    const { nanoUsd } = this.#reservation.most;
    // Where a part has no price that the whole had, it is taken to cost as much as it might.
    const unknown = { nanoUsd, tokens: usage.inputTokens + usage.outputTokens };
    return amountOf(usage, this.#parts.costOf(request.provider, usage)) ?? unknown;
  }
}
