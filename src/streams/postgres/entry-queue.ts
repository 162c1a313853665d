import { setImmediate } from 'node:timers/promises';

import { CircuitBreakerError } from '../../core/errors.js';
import type { SqlConnection } from '../../storage/postgres/sql-connection.js';
import { SHUT_DOWN } from '../stream-entry.js';
import { asJson, type NewEntry } from './new-entry.js';
import { insertEntries, type InsertedRow } from './statements.js';

/** In UTF-16 code units: what one statement carries, unless a single entry is larger. */
const MAX_STATEMENT_LENGTH = 1024 * 1024;

interface WaitingEntry {
  readonly entry: NewEntry;
  readonly json: string;
  readonly resolve: (isInserted: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Stores the entries of all writers of the process: what arrives while a statement is on its way goes with the next
 * one. Nothing is retried in here, so that nothing piles up while the database is away: who waits is told, and asks
 * again.
 */
export class EntryQueue {
  private waiting: WaitingEntry[] = [];
  private flushing: Promise<void> | undefined;
  private isShutDown = false;

  constructor(private readonly sql: SqlConnection) {}

  /**
   * Stores an entry if its predecessor is there and its place is free; tells whether it did. After an error it may
   * have been stored all the same.
   */
  insert(entry: NewEntry): Promise<boolean> {
    if (this.isShutDown) return Promise.reject(new CircuitBreakerError('UNAVAILABLE', SHUT_DOWN));
    return new Promise((resolve, reject) => {
      this.waiting.push({ entry, json: asJson(entry), resolve, reject });
      this.flushing ??= this.flush();
    });
  }

  /** Waits for the statement that is on its way; what has not been sent is refused. */
  async shutdown(): Promise<void> {
    this.isShutDown = true;
    for (const { reject } of this.waiting.splice(0)) reject(new CircuitBreakerError('UNAVAILABLE', SHUT_DOWN));
    await this.flushing;
  }

  private async flush(): Promise<void> {
    while (this.waiting.length > 0) {
      // Whoever's time has come too goes along. PGlite runs within this thread: without a full turn of the event loop
      // its statements would alternate with the timers of the writers and carry one entry each.
      await setImmediate();
      if (this.waiting.length > 0) await this.send(this.takeBatch());
    }
    this.flushing = undefined;
  }

  private takeBatch(): readonly WaitingEntry[] {
    let length = 0;
    const end = this.waiting.findIndex(({ json }, index) => {
      length += json.length;
      return index > 0 && length > MAX_STATEMENT_LENGTH;
    });
    return this.waiting.splice(0, end === -1 ? this.waiting.length : end);
  }

  private async send(batch: readonly WaitingEntry[]): Promise<void> {
    try {
      const json = `[${batch.map(({ json }) => json).join(',')}]`;
      const rows = await this.sql.query<InsertedRow>(insertEntries(json, !this.sql.outlivesProcess));
      const inserted = new Set(rows.map(placeOf));
      // `delete`, not `has`: of two equal entries in one statement only one was stored.
      for (const { entry, resolve } of batch) resolve(inserted.delete(placeOf(entry.row)));
    } catch (error) {
      if (batch.length > 1 && !isUnavailable(error)) await this.sendEach(batch);
      else for (const { reject } of batch) reject(error);
    }
  }

  /** One entry that the database cannot take must not keep out those of other writers. */
  private async sendEach(batch: readonly WaitingEntry[]): Promise<void> {
    for (const waiting of batch) await this.send([waiting]);
  }
}

function placeOf({ opening, first }: InsertedRow): string {
  return `${opening}:${first}`;
}

function isUnavailable(error: unknown): boolean {
  return error instanceof CircuitBreakerError && error.code === 'UNAVAILABLE';
}
