import type { SqlStatement } from '../../backends/postgres/sql-connection.js';

/** The first half of the locks that workers hold, in each database: "cbwk". */
const LOCKS = 0x63_62_77_6b;
/** How long a worker keeps its calls once they were taken from it, though it may be missed again. */
const ONCE_IN = `interval '60 seconds'`;

/** The locks of workers that somebody holds. */
const HELD = `held as (
  select objid::bigint as id from pg_locks
  where locktype = 'advisory' and classid = ${LOCKS} and objsubid = 2 and granted
    and database = (select oid from pg_database where datname = current_database())
)`;
const IS_HELD = `exists (select from held where held.id = worker.id)`;

export interface Seen {
  readonly workers: number;
  /** Those that are missing, or were until a moment ago. */
  readonly unclear: number;
}

export interface TakenCall {
  readonly id: number;
  readonly name: string;
  /** Null: the worker was at nothing. */
  readonly call: string | null;
}

export function lock(id: number): SqlStatement {
  return { text: `select pg_try_advisory_lock(${LOCKS}, $1) as held`, values: [id] };
}

/** With nothing told yet. Gives no row where another worker has that id. */
export function arrive(id: number, name: string): SqlStatement {
  return {
    text: `with calls as (delete from circuit_breaker.worker_calls where worker = $1)
      insert into circuit_breaker.present_workers as worker (id, name) values ($1, $2)
      on conflict (id) do update set missing_since = null where worker.name = excluded.name returning id`,
    values: [id, name],
  };
}

/** Where the worker has an entry under an id, it has it under another one from now on. */
export function move(from: number, to: number, name: string): SqlStatement {
  return {
    text: `with moved as (
        update circuit_breaker.present_workers set id = $2, missing_since = null where id = $1 and name = $3 returning 1
      )
      delete from circuit_breaker.worker_calls where worker = $1 and exists (select from moved)`,
    values: [from, to, name],
  };
}

export function leave(id: number): SqlStatement {
  return {
    text: `with calls as (delete from circuit_breaker.worker_calls where worker = $1)
      delete from circuit_breaker.present_workers where id = $1`,
    values: [id],
  };
}

interface News {
  readonly begun: readonly (readonly [number, string])[];
  readonly ended: readonly number[];
}

export function tell(id: number, { begun, ended }: News): SqlStatement {
  return {
    name: 'tell-calls',
    text: `with ended as (delete from circuit_breaker.worker_calls where worker = $1 and number = any($4::integer[]))
      insert into circuit_breaker.worker_calls (worker, number, call)
      select $1, number, call from unnest($2::integer[], $3::text[]) as begun (number, call) on conflict do nothing`,
    values: [id, begun.map(([number]) => number), begun.map(([, call]) => call), ended],
  };
}

export const look: SqlStatement = {
  name: 'look-for-workers',
  text: `with ${HELD} select count(*)::integer as workers,
      count(*) filter (where not ${IS_HELD} or worker.missing_since is not null)::integer as unclear
    from circuit_breaker.present_workers worker`,
  values: [],
};

export const noteMissing: SqlStatement = {
  text: `with ${HELD} update circuit_breaker.present_workers worker
    set missing_since = case when ${IS_HELD} then null else clock_timestamp() end
    where (missing_since is null) <> ${IS_HELD}`,
  values: [],
};

/** Takes their calls from those who have been missing for long, and forgets those who did not come back after that. */
export function takeCalls({
  graceMs,
  settleMs,
}: {
  readonly graceMs: number;
  readonly settleMs: number;
}): SqlStatement {
  return {
    text: `with ${HELD},
      missed as (
        select id from circuit_breaker.present_workers worker
        where missing_since < clock_timestamp() - $1 * interval '1 millisecond' and not ${IS_HELD}
          and pg_postmaster_start_time() < clock_timestamp() - $2 * interval '1 millisecond'
        for update skip locked
      ),
      forgotten as (
        delete from circuit_breaker.present_workers worker using missed
        where worker.id = missed.id and missing_since <= failed_at and failed_at < clock_timestamp() - ${ONCE_IN}
        returning worker.id
      ),
      gone as (
        update circuit_breaker.present_workers worker set failed_at = clock_timestamp() from missed
        where worker.id = missed.id
          and (failed_at is null or (missing_since > failed_at and failed_at < clock_timestamp() - ${ONCE_IN}))
        returning worker.id, worker.name
      ),
      taken as (
        delete from circuit_breaker.worker_calls calls using missed
        where calls.worker = missed.id and calls.worker in (select id from gone union all select id from forgotten)
        returning calls.worker, calls.call
      )
      select gone.id, gone.name, taken.call from gone left join taken on taken.worker = gone.id`,
    values: [graceMs, settleMs],
  };
}
