import type { SqlConnection } from '../../backends/postgres/sql-connection.js';
import type { TurnClaim, TurnToStore } from '../../core/executions/turn-claim.js';
import type { JsonValue } from '../../core/json/json.js';
import { storableJson } from '../../core/json/well-formed-text.js';

/** As `core/executions/turn-claim` says which claim holds. Two of one turn wait for each other. */
const CLAIM = `insert into circuit_breaker.turn_claims as held (execution_id, turn, series, attempt) values ($1, $2, $3, $4)
  on conflict (execution_id, turn) do update set series = excluded.series,
    attempt = case when held.series = excluded.series then greatest(held.attempt, excluded.attempt) else excluded.attempt end`;

/** Finished turns, and the attempts that may finish those that are not. */
export class PostgresTurns {
  readonly #sql: SqlConnection;

  constructor(sql: SqlConnection) {
    this.#sql = sql;
  }

  async claim(executionId: string, turn: number, { series, attempt }: TurnClaim): Promise<JsonValue | undefined> {
    await this.#sql.query({ name: 'claim-turn', text: CLAIM, values: [executionId, turn, series, attempt] });
    // In a statement of its own, which sees what was stored while this claim waited for another one.
    return await this.get(executionId, turn);
  }

  async store(executionId: string, turn: number, { result, claim }: TurnToStore): Promise<JsonValue | undefined> {
    const json = storableJson(result);
    await this.#sql.query(
      claim === undefined
        ? {
            name: 'store-turn',
            text: 'insert into circuit_breaker.turns (execution_id, turn, result) values ($1, $2, $3) on conflict do nothing',
            values: [executionId, turn, json],
          }
        : {
            name: 'store-claimed-turn',
            text: `with held as (${CLAIM} returning attempt)
              insert into circuit_breaker.turns (execution_id, turn, result)
              select $1, $2, $5 from held where attempt <= $4 on conflict do nothing`,
            values: [executionId, turn, claim.series, claim.attempt, json],
          },
    );
    return await this.get(executionId, turn);
  }

  async get(executionId: string, turn: number): Promise<JsonValue | undefined> {
    const [row] = await this.#sql.query<{ readonly result: JsonValue }>({
      name: 'get-turn',
      text: 'select result from circuit_breaker.turns where execution_id = $1 and turn = $2',
      values: [executionId, turn],
    });
    return row?.result;
  }
}
