import type { SqlStatement } from '../../backends/postgres/sql-connection.js';

/** Notifications of all stream logs in one database. */
export const CHANNEL = 'circuit_breaker_streams';

/** PostgreSQL refuses a payload of 8,000 bytes, and with it the whole statement. */
const MAX_PAYLOAD_BYTES = 7900;

const RFC3339 = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;

/** A new entry and the one that it follows, as columns. Both of `after` are null for the first of a log. */
export interface NewEntryRow {
  readonly execution_id: string;
  readonly after_first: number | null;
  readonly after_opening: string | null;
  readonly first: number;
  readonly last: number;
  readonly epoch: number;
  readonly opening: string;
  readonly turn: number;
  readonly attempt: number;
  readonly closed: boolean;
}

export interface InsertedRow {
  readonly execution_id: string;
  readonly first: number;
  readonly opening: string;
}

/**
 * Stores every entry whose predecessor is there and whose place is free, tells the listeners, and returns those.
 *
 * Rows are never changed, so the predecessor that was seen is the one that counts: its opening is random and stands
 * for its epoch. When two entries want the same place the primary key gives it to one of them. The lookup is lateral
 * with a limit, because a join might be planned as a scan of the table while that is small, and prepared plans stay.
 *
 * The commit need not wait for the disk of a database that outlives this process. That is said for this transaction
 * alone, whatever else the connection is used for. What a crash of such a database takes with it is the tail of the
 * log; that is StreamLost, which writers mend.
 */
const INSERT_ENTRIES = `
with relaxed as materialized (select set_config('synchronous_commit', $2, true)),
inserted as (
  insert into circuit_breaker.stream_entries
    (execution_id, first, last, epoch, opening, turn, attempt, closed, appended_at, events)
  select new.execution_id, new.first, new.last, new.epoch, new.opening, new.turn, new.attempt, new.closed, now(),
    new.events
  from json_to_recordset($1::text::json) as new(execution_id text, after_first int, after_opening text, first int,
    last int, epoch bigint, opening text, turn int, attempt int, closed boolean, events json)
  left join lateral (
    select last, opening from circuit_breaker.stream_entries
    where execution_id = new.execution_id and first = new.after_first
    limit 1
  ) previous on true
  where new.first = 0
    or (previous.last = new.first - 1 and previous.opening = new.after_opening)
  on conflict (execution_id, first) do nothing
  returning execution_id, first, opening, case when octet_length(events::text) < ${MAX_PAYLOAD_BYTES} then
    execution_id || E'\\n[' || first || ',"' || opening || '",' || turn || ',' || attempt || ',"'
      || to_char(appended_at at time zone 'UTC', ${RFC3339}) || '",' || events || ']' end as payload
)
select execution_id, first, opening, pg_notify('${CHANNEL}',
  case when octet_length(payload) < ${MAX_PAYLOAD_BYTES} then payload else execution_id end)
from inserted, relaxed`;

export interface TailRow {
  readonly first: number;
  readonly last: number;
  readonly epoch: number;
  readonly opening: string;
  readonly turn: number;
  readonly attempt: number;
  readonly closed: boolean;
  readonly event_type: string;
  /** Attempts at the turn that was asked for. */
  readonly attempts: number;
}

/** Attempts rise along the log for each turn; only where the tail is of another turn have the rows to be asked. */
const READ_TAIL = `
select first, last, epoch::float8 as epoch, opening, turn, attempt, closed,
  case when closed then '' else events -> 0 ->> 'eventType' end as event_type,
  case when turn = $2::int then attempt else coalesce((
    select max(attempt) from circuit_breaker.stream_entries where execution_id = $1 and turn = $2::int), 0)
  end as attempts
from circuit_breaker.stream_entries tail
where execution_id = $1
order by first desc limit 1`;

export interface StoredRow {
  readonly last: number;
  readonly opening: string;
  readonly events: string;
}

const READ_ENTRY = `
select last, opening, events::text as events from circuit_breaker.stream_entries where execution_id = $1 and first = $2`;

export interface PageRow {
  readonly range: number;
  readonly closed: boolean;
  readonly next: number;
  /** Null, with all that follows, where the range has no entries. */
  readonly first: number | null;
  readonly opening: string;
  readonly turn: number;
  readonly attempt: number;
  readonly timestamp: string;
  readonly events: string;
}

/** One row for each entry of each range, at least one for each log that is there. */
const READ_PAGES = `
select ordinal::int as range, tail.closed, tail.last + 1 as next, entry.*
from rows from (json_to_recordset($1::text::json) as (id text, start int, size int))
  with ordinality as wanted(id, start, size, ordinal)
cross join lateral (
  select last, closed from circuit_breaker.stream_entries where execution_id = wanted.id order by first desc limit 1
) tail
left join lateral (
  select first, opening, turn, attempt,
    to_char(appended_at at time zone 'UTC', ${RFC3339}) as timestamp, events::text as events
  from circuit_breaker.stream_entries
  where execution_id = wanted.id and wanted.start <= tail.last and first >= coalesce((
    select first from circuit_breaker.stream_entries
    where execution_id = wanted.id and first <= wanted.start order by first desc limit 1), 0)
  order by first limit wanted.size
) entry on true
order by ordinal, entry.first`;

/** Logs may have many entries, and many logs are removed at once. */
const REMOVE_TIMEOUT_MS = 60_000;

const REMOVE = `
delete from circuit_breaker.stream_entries
where execution_id = any(array(select json_array_elements_text($1::text::json)))`;

/** `rows` is JSON: an array of NewEntryRow, each with its `events`. */
export function insertEntries(rows: string, waitForDisk: boolean): SqlStatement {
  return { name: 'insert_stream_entries', text: INSERT_ENTRIES, values: [rows, waitForDisk ? 'on' : 'off'] };
}

export function readTail(executionId: string, turn: number): SqlStatement {
  return { name: 'read_stream_tail', text: READ_TAIL, values: [executionId, turn] };
}

export function readEntry(executionId: string, first: number): SqlStatement {
  return { name: 'read_stream_entry', text: READ_ENTRY, values: [executionId, first] };
}

export function readPages(ranges: readonly { id: string; start: number; size: number }[]): SqlStatement {
  return { name: 'read_stream_pages', text: READ_PAGES, values: [JSON.stringify(ranges)] };
}

export function removeEntries(executionIds: readonly string[]): SqlStatement {
  const values = [JSON.stringify(executionIds)];
  return { name: 'remove_stream_entries', text: REMOVE, values, timeoutMs: REMOVE_TIMEOUT_MS };
}
