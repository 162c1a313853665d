import type { SqlConnection } from '../../backends/postgres/sql-connection.js';
import type { CountedTail, EntryPlace, EntryStore, StoredEntry } from '../entries/entry-store.js';
import type { NewEntry } from '../entries/new-entry.js';
import type { StreamPage, StreamRange, StreamWake } from '../stream-log.js';
import { pagesOf } from './pages-of.js';
import {
  insertEntries,
  readEntry,
  readPages,
  readTail,
  removeEntries,
  type InsertedRow,
  type NewEntryRow,
  type PageRow,
  type StoredRow,
  type TailRow,
} from './statements.js';
import { WakeUps } from './wake-ups.js';

/**
 * Streams on PostgreSQL and PGlite: a row for each entry, rows are only inserted, and the primary key (execution, first
 * sequence) is the arbiter of every race. The position of an entry is its first sequence.
 */
export class PostgresEntries implements EntryStore {
  readonly #sql: SqlConnection;
  readonly #release: () => Promise<void>;
  readonly #wakeUps: WakeUps;

  /** `release` ends what the log alone uses; a connection that others use too is theirs to close. */
  constructor(sql: SqlConnection, release: () => Promise<void> = () => Promise.resolve()) {
    this.#sql = sql;
    this.#release = release;
    this.#wakeUps = new WakeUps(sql);
  }

  async insert(batch: readonly NewEntry[]): Promise<readonly (EntryPlace | undefined)[]> {
    const json = `[${batch.map(asJson).join(',')}]`;
    const rows = await this.#sql.query<InsertedRow>(insertEntries(json, !this.#sql.outlivesProcess));
    const inserted = new Set(rows.map(placeOf));
    // `delete`, not `has`: of two equal entries in one statement only one was stored.
    return batch.map((entry) =>
      inserted.delete(placeOf(entry)) ? { position: entry.first, last: entry.last } : undefined,
    );
  }

  async tail(executionId: string, turn: number): Promise<CountedTail | undefined> {
    const [row] = await this.#sql.query<TailRow>(readTail(executionId, turn));
    if (row === undefined) return undefined;
    const { closed, event_type, ...columns } = row;
    return { ...columns, position: row.first, isOpening: event_type === 'attempt_started', isClosed: closed };
  }

  async entryAt(executionId: string, first: number): Promise<StoredEntry | undefined> {
    const [row] = await this.#sql.query<StoredRow>(readEntry(executionId, first));
    return row === undefined ? undefined : { position: first, opening: row.opening, events: row.events };
  }

  async read(ranges: readonly StreamRange[]): Promise<readonly StreamPage[]> {
    const wanted = ranges.map(({ executionId, from, limit }) => ({ id: executionId, start: from, size: limit }));
    return pagesOf(ranges, await this.#sql.query<PageRow>(readPages(wanted)));
  }

  watch(executionId: string, onWake: (wake: StreamWake) => void): () => void {
    return this.#wakeUps.watch(executionId, onWake);
  }

  async remove(executionIds: readonly string[]): Promise<void> {
    await this.#sql.query(removeEntries(executionIds));
  }

  async shutdown(): Promise<void> {
    this.#wakeUps.shutdown();
    await this.#release();
  }
}

/** One element of the array that `insertEntries` takes; the events go in as the text they are. */
function asJson({ executionId, after, events, ...entry }: NewEntry): string {
  const row: NewEntryRow = {
    execution_id: executionId,
    after_first: after?.position ?? null,
    after_opening: after?.opening ?? null,
    first: entry.first,
    last: entry.last,
    epoch: entry.epoch,
    opening: entry.opening,
    turn: entry.turn,
    attempt: entry.attempt,
    closed: entry.isClosed,
  };
  return `${JSON.stringify(row).slice(0, -1)},"events":${events}}`;
}

function placeOf({ opening, first }: Pick<InsertedRow, 'opening' | 'first'>): string {
  return `${opening}:${first}`;
}
