import { storableJson } from '../../core/json/well-formed-text.js';
import type { SqlConnection } from '../../backends/postgres/sql-connection.js';
import {
  LONGEST_LEASE_MS,
  type AnswerCacheStore,
  type CachedAnswer,
  type CallHolder,
  type CallProgress,
  type CallTaking,
  type KeptAnswer,
  type TakenCall,
  type WantedAnswer,
} from '../answer-cache-store.js';

interface AnswerRow {
  readonly execution_id: string;
  readonly answer: Pick<CachedAnswer, 'text' | 'warnings'>;
}

interface TakingRow {
  readonly is_held: boolean;
  readonly execution_id: string | null;
  readonly answer: AnswerRow['answer'] | null;
}

/** A statement has ten seconds, whatever the size of answers. */
const PURGED_AT_ONCE = 1000;

const NOW = 'clock_timestamp()';
/** Of a moment in the future: the clock was set back. */
function isFresh(maxAge: string): string {
  const age = `(${NOW} - kept_at)`;
  return `expires_at > ${NOW} and ${age} >= interval '0' and ${age} < ${maxAge} * interval '1 second'`;
}
/** As in `isUnderWay` of the memory. */
const IS_UNDER_WAY = `held.lease_until > ${NOW} and held.lease_until <= ${NOW} + ${LONGEST_LEASE_MS} * interval '1 millisecond'`;
const LEASE = (ms: string) => `${NOW} + ${ms} * interval '1 millisecond'`;

const FIND = `select execution_id, answer from circuit_breaker.cached_answers
where key = $1 and execution_id is distinct from $3::text and ${isFresh('$2::float8')}`;
const TAKE = `
with found as (${FIND}), taken as (
  insert into circuit_breaker.calls_under_way as held (key, agent_id, owner, holder, lease_until)
  select $1, $4, $5, $6, ${LEASE('$7::float8')} where not exists (select from found)
  on conflict (key) do update set agent_id = excluded.agent_id, owner = excluded.owner, holder = excluded.holder,
    lease_until = excluded.lease_until
  where held.owner = excluded.owner or not (${IS_UNDER_WAY}) returning 1
)
select exists (select from taken) as is_held, execution_id, answer from (select 1) one left join found on true`;
const KEEP = `
with held as (
  delete from circuit_breaker.calls_under_way where key = $1 and holder = $2 returning 1
)
insert into circuit_breaker.cached_answers (key, agent_id, execution_id, kept_at, expires_at, answer)
select $1, $3, $4, ${NOW}, ${NOW} + $5::float8 * interval '1 second', $6::json
where ($2::text is null or exists (select from held))
  and not exists (select from circuit_breaker.deleted_executions where id = $4)
on conflict (key) do update set agent_id = excluded.agent_id, execution_id = excluded.execution_id,
  kept_at = excluded.kept_at, expires_at = excluded.expires_at, answer = excluded.answer`;
const PROGRESS = `
select case
    when exists (select from circuit_breaker.cached_answers answer where answer.key = wanted.key
      and answer.execution_id is distinct from wanted.unfit and ${isFresh('wanted.age')})
      then 'answered'
    when exists (select from circuit_breaker.calls_under_way held where held.key = wanted.key and ${IS_UNDER_WAY})
      then 'under-way'
    else 'free'
  end as progress
from unnest($1::text[], $2::float8[], $3::text[]) with ordinality as wanted(key, age, unfit, place) order by wanted.place`;

export class PostgresAnswerCacheStore implements AnswerCacheStore {
  readonly #sql: SqlConnection;

  constructor(sql: SqlConnection) {
    this.#sql = sql;
  }

  async take(call: TakenCall): Promise<CallTaking> {
    const { key, maxAgeSeconds, unfit = null, agentId, owner, holder, leaseMs } = call;
    const values = [key, maxAgeSeconds, unfit, agentId, owner, holder, leaseMs];
    const [row] = await this.#sql.query<TakingRow>({ name: 'take-call', text: TAKE, values });
    if (row?.answer != null) return { type: 'answered', answer: answerOf(row.execution_id ?? '', row.answer) };
    if (row?.is_held !== true) return { type: 'under-way' };
    // Whoever held the call may have kept its answer after this statement had looked, and before it took the call.
    const values2 = [key, maxAgeSeconds, unfit];
    const [found] = await this.#sql.query<AnswerRow>({ name: 'find-answer', text: FIND, values: values2 });
    if (found === undefined) return { type: 'held' };
    await this.release(call);
    return { type: 'answered', answer: answerOf(found.execution_id, found.answer) };
  }

  async renew({ key, holder }: CallHolder, leaseMs: number): Promise<boolean> {
    const rows = await this.#sql.query({
      name: 'renew-call',
      text: `update circuit_breaker.calls_under_way set lease_until = ${LEASE('$3::float8')}
        where key = $1 and holder = $2 returning 1`,
      values: [key, holder, leaseMs],
    });
    return rows.length > 0;
  }

  async release({ key, holder }: CallHolder): Promise<void> {
    const text = 'delete from circuit_breaker.calls_under_way where key = $1 and holder = $2';
    await this.#sql.query({ name: 'release-call', text, values: [key, holder] });
  }

  async releaseOf(executionId: string): Promise<void> {
    const text = 'delete from circuit_breaker.calls_under_way where starts_with(owner, $1)';
    await this.#sql.query({ name: 'release-calls-of', text, values: [`${executionId} `] });
  }

  async keep(
    { key, agentId, ttlSeconds, executionId, text, warnings }: KeptAnswer,
    holder: string | null = null,
  ): Promise<void> {
    const values = [key, holder, agentId, executionId, ttlSeconds, storableJson({ text, warnings })];
    await this.#sql.query({ name: 'keep-answer', text: KEEP, values });
  }

  async progress(wanted: readonly WantedAnswer[]): Promise<readonly CallProgress[]> {
    const values = [
      wanted.map(({ key }) => key),
      wanted.map(({ maxAgeSeconds }) => maxAgeSeconds),
      wanted.map(({ unfit = null }) => unfit),
    ];
    const rows = await this.#sql.query<{ readonly progress: CallProgress }>({
      name: 'call-progress',
      text: PROGRESS,
      values,
    });
    return rows.map(({ progress }) => progress);
  }

  async purge(agentId: string): Promise<number> {
    // The calls first: who keeps an answer at this moment is waited for, and what it has kept is seen by the next statement.
    const calls = 'delete from circuit_breaker.calls_under_way where agent_id = $1';
    await this.#sql.query({ text: calls, values: [agentId] });
    let purged = 0;
    for (;;) {
      const removed = await this.#removed(
        `delete from circuit_breaker.cached_answers where key = any(array(
          select key from circuit_breaker.cached_answers where agent_id = $1 limit $2
        )) returning key`,
        [agentId, PURGED_AT_ONCE],
      );
      purged += removed;
      if (removed < PURGED_AT_ONCE) return purged;
    }
  }

  async removeExpired(limit: number): Promise<number> {
    const calls = `delete from circuit_breaker.calls_under_way held where not (${IS_UNDER_WAY})`;
    await this.#sql.query({ text: calls, values: [] });
    return await this.#removed(
      `delete from circuit_breaker.cached_answers where key = any(array(
        select key from circuit_breaker.cached_answers where expires_at <= ${NOW} order by expires_at limit $1 for update skip locked
      )) returning key`,
      [limit],
    );
  }

  async #removed(text: string, values: readonly unknown[]): Promise<number> {
    const rows = await this.#sql.query<{ readonly count: number }>({
      text: `with removed as (${text}) select count(*)::int as count from removed`,
      values,
    });
    return rows[0]?.count ?? 0;
  }
}

function answerOf(executionId: string, { text, warnings }: AnswerRow['answer']): CachedAnswer {
  return { executionId, text, warnings };
}
