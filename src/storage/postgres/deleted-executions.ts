import type { SqlConnection } from '../../backends/postgres/sql-connection.js';
import type { DeletedExecutions, ExecutionDeletion } from '../execution-store.js';
import { LAST_USED } from './conversations.js';

/** In the order of the ids: two processes that delete the same would else wait for each other. */
const DELETE = `
with there as materialized (
  select id, ended, document->>'conversationId' as conversation_id from circuit_breaker.executions
  where id = any($1) order by id for update
), gone as (
  select given.id from unnest($1::text[]) given(id) where given.id not in (select id from there where not ended)
), executions as (
  delete from circuit_breaker.executions where id in (select id from there where ended)
), turns as (
  delete from circuit_breaker.turns where execution_id in (select id from gone)
), claims as (
  delete from circuit_breaker.turn_claims where execution_id in (select id from gone)
), calls as (
  delete from circuit_breaker.tool_calls where execution_id in (select id from gone)
), budget_calls as (
  delete from circuit_breaker.budget_calls where execution_id in (select id from gone) and settled > 0
), budget_sums as (
  delete from circuit_breaker.budget_sums where scope in (select 'execution/' || id from gone) and day = ''
), answers as (
  delete from circuit_breaker.cached_answers where execution_id in (select id from gone)
), batch_requests as (
  delete from circuit_breaker.batch_requests where execution_id in (select id from gone)
), noted as (
  insert into circuit_breaker.deleted_executions (id, deleted_at) select id, $2 from there where ended
  on conflict (id) do update set deleted_at = excluded.deleted_at
), conversations as (
  delete from circuit_breaker.conversations
  where $3 and id in (select conversation_id from there where ended) returning id
), messages as (
  delete from circuit_breaker.messages where conversation_id in (select id from conversations)
), left_behind as (
  update circuit_breaker.conversations conversation set unused_since = ${LAST_USED}
  where not $3 and id in (select conversation_id from there where ended)
)
select id, ended from there`;

/** Removes executions, and remembers for a while which ones they were. */
export class PostgresDeletedExecutions {
  readonly #sql: SqlConnection;

  constructor(sql: SqlConnection) {
    this.#sql = sql;
  }

  async delete(ids: readonly string[], { now, conversations }: ExecutionDeletion): Promise<DeletedExecutions> {
    const there = await this.#sql.query<{ readonly id: string; readonly ended: boolean }>({
      name: 'delete-executions',
      text: DELETE,
      values: [ids, now, conversations === 'delete'],
    });
    const alive = there.flatMap(({ id, ended }) => (ended ? [] : [id]));
    return { deleted: there.length - alive.length, alive };
  }

  async note(ids: readonly string[], now: string): Promise<void> {
    await this.#sql.query({
      text: `insert into circuit_breaker.deleted_executions (id, deleted_at) select id, $2 from unnest($1::text[]) given(id) order by id
        on conflict (id) do update set deleted_at = excluded.deleted_at`,
      values: [ids, now],
    });
  }

  async has(id: string): Promise<boolean> {
    const text = 'select from circuit_breaker.deleted_executions where id = $1';
    return (await this.#sql.query({ name: 'is-deleted-execution', text, values: [id] })).length > 0;
  }

  async list(deletedBefore: string, limit: number): Promise<readonly string[]> {
    const rows = await this.#sql.query<{ readonly id: string }>({
      text: 'select id from circuit_breaker.deleted_executions where deleted_at < $1 order by deleted_at limit $2',
      values: [deletedBefore, limit],
    });
    return rows.map(({ id }) => id);
  }

  async forget(ids: readonly string[]): Promise<void> {
    await this.#sql.query({ text: 'delete from circuit_breaker.deleted_executions where id = any($1)', values: [ids] });
  }

  /** Of executions that another server keeps. */
  async removeCalls(ids: readonly string[]): Promise<void> {
    await this.#sql.query({
      text: `with told as (delete from circuit_breaker.told_entries where subject = any($1)),
        budget_calls as (delete from circuit_breaker.budget_calls where execution_id = any($1) and settled > 0),
        budget_sums as (
          delete from circuit_breaker.budget_sums where scope in (select 'execution/' || id from unnest($1::text[]) given(id)) and day = ''
        ),
        answers as (delete from circuit_breaker.cached_answers where execution_id = any($1)),
        batch_requests as (delete from circuit_breaker.batch_requests where execution_id = any($1))
        delete from circuit_breaker.tool_calls where execution_id = any($1)`,
      values: [ids],
    });
  }
}
