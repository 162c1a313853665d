import type { BudgetAmount, BudgetKey, BudgetLimit, BudgetSum } from '../core/executions/budget-limit.js';

/** One model call; its id is its own, also where a turn is tried again. */
export interface BudgetCall {
  readonly executionId: string;
  readonly turn: number;
  readonly callId: string;
}

export interface BudgetReservation extends BudgetCall {
  /** What it may take. */
  readonly most: BudgetAmount;
  /** What it has taken where nobody says how it ended. */
  readonly least: BudgetAmount;
  /** In the order of their scopes, each once. */
  readonly limits: readonly BudgetLimit[];
  /** YYYY-MM-DD, UTC. */
  readonly day: string;
  /** RFC 3339. From then on nobody says how it ended. */
  readonly expiresAt: string;
}

export type BudgetVerdict =
  | { readonly type: 'reserved' }
  | {
      /** `later`: it would fit, had the calls under way taken nothing. */
      readonly type: 'later' | 'exceeded';
      /** What it does not fit in, and how that stands. */
      readonly limit: BudgetLimit;
      readonly sum: BudgetSum;
    };

export interface BudgetSettlement extends BudgetCall {
  readonly taken: BudgetAmount;
  /** As in its reservation, or as they are since. */
  readonly limits: readonly BudgetLimit[];
  /** RFC 3339. */
  readonly at: string;
}

/** What model calls have spent and may still spend, of budgets that there are. Nothing is noted of calls without a budget. */
export interface BudgetStore {
  /**
   * Reserves what a call may take in all sums at once, where it fits in each of them: however many ask at the same time, in however
   * many processes, no limit is exceeded by what is spent and reserved. To ask again for the same call reserves nothing more.
   */
  reserve(reservation: BudgetReservation): Promise<BudgetVerdict>;
  /**
   * Puts what a call has taken in the place of what it had reserved. The first time stands; without a reservation nothing is noted.
   * Gives the limits that were nearly spent by it, each once: that is told to the audit in the same step.
   */
  settle(settlement: BudgetSettlement): Promise<readonly BudgetLimit[]>;
  /**
   * Settles the other calls of the same turn, whose workers died: with what they are known to have taken, and the least at least. A call
   * that lives all the same puts that right when it is settled.
   */
  settleLost(call: BudgetCall, known: BudgetAmount): Promise<void>;
  /** Settles calls whose time was over before a time (RFC 3339), with the least that they can have taken. */
  expire(before: string): Promise<void>;
  /** How sums stand, in the order of the keys. */
  sums(keys: readonly BudgetKey[]): Promise<readonly BudgetSum[]>;
  /** Removes calls and sums of days before a day, and sums of executions that made no call since another; some thousands at a time. */
  forget(before: { readonly day: string; readonly executionsSince: string }): Promise<void>;
}
