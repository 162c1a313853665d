import { CircuitBreakerError } from '../../core/errors.js';
import type { SqlConnection } from '../../storage/postgres/sql-connection.js';
import { newOpening, SHUT_DOWN } from '../stream-entry.js';
import {
  StreamFenced,
  type StreamEnding,
  type StreamLog,
  type StreamPage,
  type StreamRange,
  type StreamWake,
  type StreamWriter,
  type WriterClaim,
} from '../stream-log.js';
import { judgeClaim, type StreamTail } from '../stream-tail.js';
import { EntryQueue } from './entry-queue.js';
import { lookUpTail, type CountedTail } from './look-up-tail.js';
import { newEntry } from './new-entry.js';
import { PostgresStreamWriter } from './postgres-stream-writer.js';
import { pagesOf } from './pages-of.js';
import { readPages, removeEntries, type PageRow } from './statements.js';
import { WakeUps } from './wake-ups.js';

/**
 * The stream log on PostgreSQL and PGlite: a row for each entry, rows are only inserted, and the primary key
 * (execution, first sequence) is the arbiter of every race.
 */
export class PostgresStreamLog implements StreamLog {
  private readonly queue: EntryQueue;
  private readonly wakeUps: WakeUps;
  private readonly lost = new Set<string>();
  private down: Promise<void> | undefined;

  /** `release` ends what the log alone uses; a connection that others use too is theirs to close. */
  constructor(
    private readonly sql: SqlConnection,
    private readonly release: () => Promise<void> = () => Promise.resolve(),
  ) {
    this.queue = new EntryQueue(sql);
    this.wakeUps = new WakeUps(sql);
  }

  async open(executionId: string, claim: WriterClaim): Promise<StreamWriter> {
    for (;;) {
      this.refuseWhenShutDown();
      const tail = await lookUpTail(this.sql, executionId, claim.turn);
      const verdict = judgeClaim(tail, claim, this.lost);
      switch (verdict.type) {
        case 'refused':
          throw new StreamFenced(executionId);
        case 'repeated':
          return this.writer(executionId, verdict.tail);
        case 'granted': {
          const opening = await this.begin(executionId, tail, claim);
          if (opening !== undefined) return this.writer(executionId, opening);
        }
      }
    }
  }

  async close(executionId: string, { turn, attempt, body }: StreamEnding): Promise<number> {
    for (;;) {
      this.refuseWhenShutDown();
      const tail = await lookUpTail(this.sql, executionId, turn);
      if (tail?.isClosed === true) return tail.last;
      const columns = { epoch: tail?.epoch ?? 0, opening: newOpening(), turn, attempt, closed: true };
      const entry = newEntry(executionId, tail, { ...columns, bodies: [body] });
      // Otherwise someone has written in between: what is the tail now?
      if (await this.queue.insert(entry)) return entry.row.last;
    }
  }

  async read(ranges: readonly StreamRange[]): Promise<readonly StreamPage[]> {
    this.refuseWhenShutDown();
    const wanted = ranges.map(({ executionId, from, limit }) => ({ id: executionId, start: from, size: limit }));
    return pagesOf(ranges, wanted.length === 0 ? [] : await this.sql.query<PageRow>(readPages(wanted)));
  }

  watch(executionId: string, onWake: (wake: StreamWake) => void): () => void {
    this.refuseWhenShutDown();
    return this.wakeUps.watch(executionId, onWake);
  }

  async remove(executionIds: readonly string[]): Promise<void> {
    this.refuseWhenShutDown();
    if (executionIds.length > 0) await this.sql.query(removeEntries(executionIds));
  }

  shutdown(): Promise<void> {
    return (this.down ??= this.shutDown());
  }

  private async shutDown(): Promise<void> {
    this.wakeUps.shutdown();
    await this.queue.shutdown();
    await this.release();
  }

  /** Appends the opening; undefined when someone else has written in between. */
  private async begin(
    executionId: string,
    tail: CountedTail | undefined,
    { epoch, turn, reason }: WriterClaim,
  ): Promise<StreamTail | undefined> {
    const attempt = (tail?.attempts ?? 0) + 1;
    const entry = newEntry(executionId, tail, {
      epoch,
      opening: newOpening(),
      turn,
      attempt,
      closed: false,
      bodies: [{ eventType: 'attempt_started', status: reason }],
    });
    if (!(await this.queue.insert(entry))) return undefined;
    if (tail !== undefined) this.lost.delete(tail.opening);
    return { ...entry.row, isOpening: true, isClosed: false };
  }

  private writer(executionId: string, opening: StreamTail): StreamWriter {
    const { sql, queue, lost } = this;
    return new PostgresStreamWriter({ sql, queue, lost }, executionId, opening);
  }

  private refuseWhenShutDown(): void {
    if (this.down !== undefined) throw new CircuitBreakerError('UNAVAILABLE', SHUT_DOWN);
  }
}
