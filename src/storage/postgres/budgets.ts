import { budgetEntry } from '../../core/audit/budget-entry.js';
import { storableJson } from '../../core/json/well-formed-text.js';
import {
  unfitLimit,
  type BudgetAmount,
  type BudgetKey,
  type BudgetLimit,
  type BudgetSum,
} from '../../core/executions/budget-limit.js';
import type { SqlConnection } from '../../backends/postgres/sql-connection.js';
import type { BudgetCall, BudgetReservation, BudgetSettlement, BudgetStore, BudgetVerdict } from '../budget-store.js';
import { endCalls, FORGET_CALLS, FORGET_SUMS, MAKE_SUMS, RESERVE, SUMS } from './budget-statements.js';

/** Counts of 64 bits come as texts from one driver, and as numbers from another. */
interface SumRow extends BudgetKey {
  readonly spentNanoUsd: string | number | null;
  readonly spentTokens: string | number | null;
  readonly reservedNanoUsd: string | number | null;
  readonly reservedTokens: string | number | null;
}

interface JudgedRow extends SumRow {
  readonly isThere: boolean;
  readonly isReserved: boolean;
}

const SETTLE = endCalls({
  which: 'execution_id = $2 and turn = $3::integer and call_id = $4 and settled < 3',
  stage: 3,
  takenNanoUsd: '$5::bigint',
  takenTokens: '$6::bigint',
});
const SETTLE_LOST = endCalls({
  which: 'execution_id = $2 and turn = $3::integer and call_id <> $4 and settled < 2',
  stage: 2,
  takenNanoUsd: 'greatest(least_nano_usd, $5::bigint)',
  takenTokens: 'greatest(least_tokens, $6::bigint)',
});
const EXPIRE = endCalls({
  which: 'settled = 0 and expires_at < $2',
  stage: 1,
  takenNanoUsd: 'least_nano_usd',
  takenTokens: 'least_tokens',
});

export class PostgresBudgetStore implements BudgetStore {
  readonly #sql: SqlConnection;

  constructor(sql: SqlConnection) {
    this.#sql = sql;
  }

  async reserve(reservation: BudgetReservation): Promise<BudgetVerdict> {
    const { limits, most, day } = reservation;
    for (;;) {
      const judged = await this.#reserve(reservation);
      if (judged.every(({ isReserved }) => isReserved)) return { type: 'reserved' };
      if (judged.every(({ isThere }) => isThere)) return refusal(limits, judged, most);
      // The first call of the day makes its sums; of many at once any.
      const values = [JSON.stringify(limits), day];
      await this.#sql.query({ name: 'make-budget-sums', text: MAKE_SUMS, values });
    }
  }

  async settle({ taken, limits, at, ...call }: BudgetSettlement): Promise<readonly BudgetLimit[]> {
    const told = limits.flatMap((limit) => {
      const entry = budgetEntry(limit, at);
      return entry === undefined ? [] : [{ ...limit, entry }];
    });
    const rows = await this.#sql.query<BudgetKey>({
      name: 'settle-budget',
      text: SETTLE,
      values: [storableJson(told), call.executionId, call.turn, call.callId, taken.nanoUsd, taken.tokens],
    });
    return limits.filter(({ scope, day }) => rows.some((row) => row.scope === scope && row.day === day));
  }

  async settleLost({ executionId, turn, callId }: BudgetCall, known: BudgetAmount): Promise<void> {
    const values = ['[]', executionId, turn, callId, known.nanoUsd, known.tokens];
    await this.#sql.query({ name: 'settle-lost-budget', text: SETTLE_LOST, values });
  }

  async expire(before: string): Promise<void> {
    await this.#sql.query({ name: 'expire-budget', text: EXPIRE, values: ['[]', before] });
  }

  async sums(keys: readonly BudgetKey[]): Promise<readonly BudgetSum[]> {
    const rows = await this.#sql.query<SumRow>({
      name: 'get-budget-sums',
      text: SUMS,
      values: [keys.map(({ scope }) => scope), keys.map(({ day }) => day)],
    });
    return rows.map(sumOf);
  }

  async forget({ day, executionsSince }: { readonly day: string; readonly executionsSince: string }): Promise<void> {
    await this.#sql.query({ text: FORGET_CALLS, values: [day] });
    await this.#sql.query({ text: FORGET_SUMS, values: [day, executionsSince] });
  }

  async #reserve(reservation: BudgetReservation): Promise<readonly JudgedRow[]> {
    const { executionId, turn, callId, most, least, limits, day, expiresAt } = reservation;
    const amounts = [most.nanoUsd, most.tokens, least.nanoUsd, least.tokens];
    return await this.#sql.query<JudgedRow>({
      name: 'reserve-budget',
      text: RESERVE,
      values: [JSON.stringify(limits), executionId, turn, callId, ...amounts, day, expiresAt],
    });
  }
}

/** As it was judged there, with the sums that it was judged by. */
function refusal(limits: readonly BudgetLimit[], rows: readonly JudgedRow[], most: BudgetAmount): BudgetVerdict {
  const judged = limits.flatMap((limit) => {
    const row = rows.find(({ scope, day }) => scope === limit.scope && day === limit.day);
    return row === undefined ? [] : [{ limit, sum: sumOf(row) }];
  });
  const unfit = unfitLimit(judged, most);
  if (unfit === undefined) throw new Error('a budget refused a call that fits in it');
  return unfit;
}

function sumOf({ spentNanoUsd, spentTokens, reservedNanoUsd, reservedTokens }: SumRow): BudgetSum {
  return {
    spent: { nanoUsd: Number(spentNanoUsd), tokens: Number(spentTokens) },
    reserved: { nanoUsd: Number(reservedNanoUsd), tokens: Number(reservedTokens) },
  };
}
