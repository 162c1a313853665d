import type { StreamEventBody } from '../../core/stream-event.js';
import type { SqlConnection } from '../../storage/postgres/sql-connection.js';
import { StreamFenced, StreamLost, type StreamWriter } from '../stream-log.js';
import { judgeRefusal, type StreamTail } from '../stream-tail.js';
import type { EntryQueue } from './entry-queue.js';
import { newEntry, type NewEntry } from './new-entry.js';
import { lookUpTail } from './look-up-tail.js';
import { readEntry, type StoredRow } from './statements.js';

interface WriterParts {
  readonly sql: SqlConnection;
  readonly queue: EntryQueue;
  /** Takes the openings of writers that lost what they had appended. */
  readonly lost: Set<string>;
}

/** Appends behind its own previous entry, of which the first is its opening. */
export class PostgresStreamWriter implements StreamWriter {
  private previous: Pick<StreamTail, 'first' | 'last' | 'opening'>;

  constructor(
    private readonly parts: WriterParts,
    private readonly executionId: string,
    private readonly opening: StreamTail,
  ) {
    this.previous = opening;
  }

  get attempt(): number {
    return this.opening.attempt;
  }

  async append(bodies: readonly StreamEventBody[]): Promise<void> {
    if (bodies.length === 0) return;
    const { epoch, opening, turn, attempt } = this.opening;
    const entry = newEntry(this.executionId, this.previous, { epoch, opening, turn, attempt, closed: false, bodies });
    if (!(await this.parts.queue.insert(entry))) await this.explain(entry);
    this.previous = entry.row;
  }

  /** Why an entry was not stored. Returns when it had been, by a call whose answer was lost. */
  private async explain({ row, events }: NewEntry): Promise<void> {
    const { sql, lost } = this.parts;
    const [there] = await sql.query<StoredRow>(readEntry(this.executionId, row.first));
    if (there?.opening === row.opening && there.events === events) return;
    const tail = await lookUpTail(sql, this.executionId, row.turn);
    if (judgeRefusal(tail, row) === 'fenced') throw new StreamFenced(this.executionId);
    lost.add(row.opening);
    throw new StreamLost(this.executionId);
  }
}
