import { budgetEntry } from '../../core/audit/budget-entry.js';
import {
  budgetScopes,
  isNearlySpent,
  NOTHING_SPENT,
  unfitLimit,
  type BudgetAmount,
  type BudgetKey,
  type BudgetLimit,
  type BudgetSum,
} from '../../core/executions/budget-limit.js';
import type { BudgetCall, BudgetReservation, BudgetSettlement, BudgetStore, BudgetVerdict } from '../budget-store.js';
import type { MemoryAuditStore } from './audit.js';

interface Sum extends BudgetSum {
  readonly key: BudgetKey;
  readonly usedOn: string;
  readonly isTold: boolean;
}

interface Call {
  readonly given: BudgetReservation;
  readonly taken: BudgetAmount;
  readonly settled: 'no' | 'expired' | 'lost' | 'ended';
}

const NOTHING: BudgetAmount = { nanoUsd: 0, tokens: 0 };

export class MemoryBudgetStore implements BudgetStore {
  #sums = new Map<string, Sum>();
  #calls = new Map<string, Call>();
  readonly #audit: Pick<MemoryAuditStore, 'tellNow'>;

  constructor(audit: Pick<MemoryAuditStore, 'tellNow'>) {
    this.#audit = audit;
  }

  reserve(given: BudgetReservation): Promise<BudgetVerdict> {
    if (this.#calls.has(callKey(given))) return Promise.resolve({ type: 'reserved' });
    const judged = given.limits.map((limit) => ({ limit, sum: this.#sums.get(sumKey(limit)) ?? NOTHING_SPENT }));
    const unfit = unfitLimit(judged, given.most);
    if (unfit !== undefined) return Promise.resolve(unfit);
    for (const key of given.limits) this.#add(key, { reserved: given.most, usedOn: given.day });
    this.#calls.set(callKey(given), { given, taken: NOTHING, settled: 'no' });
    return Promise.resolve({ type: 'reserved' });
  }

  settle({ taken, limits, at, ...call }: BudgetSettlement): Promise<readonly BudgetLimit[]> {
    const found = this.#calls.get(callKey(call));
    if (found === undefined || found.settled === 'ended') return Promise.resolve([]);
    this.#end(found, { taken, settled: 'ended' });
    const told = limits.filter((limit) => this.#tellOnce(limit, found.given, at));
    return Promise.resolve(told);
  }

  settleLost({ executionId, turn, callId }: BudgetCall, known: BudgetAmount): Promise<void> {
    for (const call of this.#calls.values()) {
      const { given, settled } = call;
      if (given.executionId !== executionId || given.turn !== turn || given.callId === callId) continue;
      if (settled === 'lost' || settled === 'ended') continue;
      this.#end(call, { taken: moreOf(known, given.least), settled: 'lost' });
    }
    return Promise.resolve();
  }

  expire(before: string): Promise<void> {
    for (const call of this.#calls.values()) {
      const { given, settled } = call;
      if (settled === 'no' && given.expiresAt < before) this.#end(call, { taken: given.least, settled: 'expired' });
    }
    return Promise.resolve();
  }

  sums(keys: readonly BudgetKey[]): Promise<readonly BudgetSum[]> {
    const found = keys.map((key) => this.#sums.get(sumKey(key)) ?? NOTHING_SPENT);
    return Promise.resolve(found.map(({ spent, reserved }) => ({ spent, reserved })));
  }

  forget({ day, executionsSince }: { readonly day: string; readonly executionsSince: string }): Promise<void> {
    this.#calls = new Map([...this.#calls].filter(([, { given }]) => given.day >= day));
    this.#sums = new Map(
      [...this.#sums].filter(([, { key, usedOn }]) => usedOn >= (key.day === '' ? executionsSince : day)),
    );
    return Promise.resolve();
  }

  /** Of executions that were deleted. */
  removeCalls(executionIds: readonly string[]): void {
    const isOf = ({ executionId }: BudgetCall) => executionIds.includes(executionId);
    this.#calls = new Map([...this.#calls].filter(([, { given, settled }]) => settled === 'no' || !isOf(given)));
    for (const id of executionIds) this.#sums.delete(sumKey({ scope: budgetScopes.execution(id), day: '' }));
  }

  #end(call: Call, { taken, settled }: Pick<Call, 'taken' | 'settled'>): void {
    const { given, taken: before } = call;
    const freed = call.settled === 'no' ? given.most : NOTHING;
    for (const key of given.limits) {
      this.#add(key, { spent: less(taken, before), reserved: less(NOTHING, freed), usedOn: given.day });
    }
    this.#calls.set(callKey(given), { given, taken, settled });
  }

  #add(key: BudgetKey, more: Partial<BudgetSum> & Pick<Sum, 'usedOn'>): void {
    const sum = this.#sums.get(sumKey(key)) ?? { ...NOTHING_SPENT, key, usedOn: more.usedOn, isTold: false };
    this.#sums.set(sumKey(key), {
      ...sum,
      spent: plus(sum.spent, more.spent ?? NOTHING),
      reserved: plus(sum.reserved, more.reserved ?? NOTHING),
      usedOn: sum.usedOn > more.usedOn ? sum.usedOn : more.usedOn,
    });
  }

  #tellOnce(limit: BudgetLimit, { limits }: BudgetReservation, at: string): boolean {
    const sum = this.#sums.get(sumKey(limit));
    const entry = budgetEntry(limit, at);
    const isIn = limits.some((key) => sumKey(key) === sumKey(limit));
    if (sum === undefined || sum.isTold || entry === undefined || !isIn || !isNearlySpent(limit, sum.spent))
      return false;
    this.#sums.set(sumKey(limit), { ...sum, isTold: true });
    this.#audit.tellNow([entry]);
    return true;
  }
}

function sumKey({ scope, day }: BudgetKey): string {
  return `${day} ${scope}`;
}

function callKey({ executionId, turn, callId }: BudgetCall): string {
  return `${turn} ${callId} ${executionId}`;
}

function plus(one: BudgetAmount, other: BudgetAmount): BudgetAmount {
  return { nanoUsd: one.nanoUsd + other.nanoUsd, tokens: one.tokens + other.tokens };
}

function less(one: BudgetAmount, other: BudgetAmount): BudgetAmount {
  return { nanoUsd: one.nanoUsd - other.nanoUsd, tokens: one.tokens - other.tokens };
}

function moreOf(one: BudgetAmount, other: BudgetAmount): BudgetAmount {
  return { nanoUsd: Math.max(one.nanoUsd, other.nanoUsd), tokens: Math.max(one.tokens, other.tokens) };
}
