import type { SqlConnection } from '../../backends/postgres/sql-connection.js';
import type { Ended, EndedPage } from '../ended.js';

/** As in the index of tokens by their end: one that has ended does not change. */
const ENDED_AT = "document->>'updatedAt'";

/** In a statement of its own, before the token goes: whoever records it after this finds it. */
const NOTE = `
insert into circuit_breaker.deleted_tokens (id, run_id, deleted_at)
select id, chain_id, $3 from circuit_breaker.tokens where id = $1 and chain_id = $2 and status <> 'ACTIVE'
on conflict (id) do update set run_id = excluded.run_id, deleted_at = excluded.deleted_at`;

const DELETE = `
with gone as (
  delete from circuit_breaker.tokens where id = $1 and chain_id = $2 and status <> 'ACTIVE' returning id
), events as (
  delete from circuit_breaker.token_events where token_id in (select id from gone)
)
select id from gone`;

/** A record that had begun before the note, and ended after the token was gone, has brought it back: it goes once more. */
const FORGET = `
with forgotten as (
  delete from circuit_breaker.deleted_tokens where id in (
    select id from circuit_breaker.deleted_tokens where deleted_at < $1 order by deleted_at limit $2 for update skip locked
  ) returning id, run_id
), back as (
  delete from circuit_breaker.tokens using forgotten
  where tokens.id = forgotten.id and tokens.chain_id = forgotten.run_id returning tokens.id
), events as (
  delete from circuit_breaker.token_events where token_id in (select id from back)
)
select count(*)::int as forgotten from forgotten`;

/** Removes tokens, and remembers for a while which ones they were. */
export class PostgresDeletedTokens {
  readonly #sql: SqlConnection;

  constructor(sql: SqlConnection) {
    this.#sql = sql;
  }

  async listEnded(endedBefore: string, { first, after }: EndedPage): Promise<readonly Ended[]> {
    return await this.#sql.query<Ended>({
      text: `select id, ${ENDED_AT} as "endedAt" from circuit_breaker.tokens
        where status <> 'ACTIVE' and (${ENDED_AT}) < $1 and ((${ENDED_AT}), id) > ($2, $3)
        order by (${ENDED_AT}), id limit $4`,
      values: [endedBefore, after?.endedAt ?? '', after?.id ?? '', first],
    });
  }

  async delete(id: string, { runId, now }: { readonly runId: string; readonly now: string }): Promise<boolean> {
    await this.#sql.query({ name: 'note-deleted-token', text: NOTE, values: [id, runId, now] });
    return (await this.#sql.query({ name: 'delete-token', text: DELETE, values: [id, runId] })).length > 0;
  }

  async runOf(id: string): Promise<string | undefined> {
    const text = 'select run_id from circuit_breaker.deleted_tokens where id = $1';
    const [row] = await this.#sql.query<{ readonly run_id: string }>({ name: 'deleted-run-of', text, values: [id] });
    return row?.run_id;
  }

  async forget(deletedBefore: string, limit: number): Promise<number> {
    const values = [deletedBefore, limit];
    const [row] = await this.#sql.query<{ readonly forgotten: number }>({ text: FORGET, values });
    return row?.forgotten ?? 0;
  }
}
