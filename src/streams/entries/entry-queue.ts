import { setImmediate } from 'node:timers/promises';

import { CircuitBreakerError } from '../../core/errors.js';
import type { EntryPlace, EntryStore } from './entry-store.js';
import type { NewEntry } from './new-entry.js';
import { SHUT_DOWN } from './stream-entry.js';

/** In UTF-16 code units: what one call carries, unless a single entry is larger. */
const MAX_CALL_LENGTH = 1024 * 1024;
/** What an entry has beside its events, roughly. */
const HEAD_LENGTH = 250;

interface WaitingEntry {
  readonly entry: NewEntry;
  readonly resolve: (place: EntryPlace | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Stores the entries of all writers of the process: what arrives while a call to the backend is on its way goes with
 * the next one. Nothing is retried in here, so that nothing piles up while the backend is away: who waits is told, and
 * asks again.
 */
export class EntryQueue {
  readonly #store: Pick<EntryStore, 'insert'>;
  #waiting: WaitingEntry[] = [];
  #flushing: Promise<void> | undefined;
  #isShutDown = false;

  constructor(store: Pick<EntryStore, 'insert'>) {
    this.#store = store;
  }

  /** Stores an entry as EntryStore says, and gives its place; undefined where that is taken. */
  insert(entry: NewEntry): Promise<EntryPlace | undefined> {
    if (this.#isShutDown) return Promise.reject(new CircuitBreakerError('UNAVAILABLE', SHUT_DOWN));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
      this.#flushing ??= this.#flush();
    });
  }

  /** Waits for the call that is on its way; what has not been sent is refused. */
  async shutdown(): Promise<void> {
    this.#isShutDown = true;
    for (const { reject } of this.#waiting.splice(0)) reject(new CircuitBreakerError('UNAVAILABLE', SHUT_DOWN));
    await this.#flushing;
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      // Whoever's time has come too goes along. PGlite runs within this thread: without a full turn of the event loop
      // its statements would alternate with the timers of the writers and carry one entry each.
      await setImmediate();
      if (this.#waiting.length > 0) await this.#send(this.#takeBatch());
    }
    this.#flushing = undefined;
  }

  #takeBatch(): readonly WaitingEntry[] {
    let length = 0;
    const end = this.#waiting.findIndex(({ entry }, index) => {
      length += entry.events.length + HEAD_LENGTH;
      return index > 0 && length > MAX_CALL_LENGTH;
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }

  async #send(batch: readonly WaitingEntry[]): Promise<void> {
    try {
      const places = await this.#store.insert(batch.map(({ entry }) => entry));
      for (const [index, { resolve }] of batch.entries()) resolve(places[index]);
    } catch (error) {
      if (batch.length > 1 && !isUnavailable(error)) await this.#sendEach(batch);
      else for (const { reject } of batch) reject(error);
    }
  }

  /** One entry that the backend cannot take must not keep out those of other writers. */
  async #sendEach(batch: readonly WaitingEntry[]): Promise<void> {
    for (const waiting of batch) await this.#send([waiting]);
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof CircuitBreakerError && error.code === 'UNAVAILABLE';
}
