import { CircuitBreakerError } from '../../core/errors.js';
import type { StreamEventBody } from '../../core/streams/stream-event.js';
import { EntryQueue } from './entry-queue.js';
import type { CountedTail, EntryStore } from './entry-store.js';
import { EntryWriter, type Opening } from './entry-writer.js';
import { newEntry } from './new-entry.js';
import { newOpening, SHUT_DOWN } from './stream-entry.js';
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
import { judgeClaim } from './stream-tail.js';

/**
 * The stream log on a shared backend: entries are only ever added, each behind the one that its writer takes for the
 * last. A writer that finds another entry there looks again, and the new end of the log tells what has become of its
 * own.
 */
export class EntryLog implements StreamLog {
  readonly #store: EntryStore;
  readonly gatherMs?: number;
  readonly #queue: EntryQueue;
  readonly #lost = new Set<string>();
  #down: Promise<void> | undefined;

  constructor(store: EntryStore) {
    this.#store = store;
    this.#queue = new EntryQueue(store);
    if (store.gatherMs !== undefined) this.gatherMs = store.gatherMs;
  }

  async open(executionId: string, claim: WriterClaim): Promise<StreamWriter> {
    for (;;) {
      this.#refuseWhenShutDown();
      const tail = await this.#store.tail(executionId, claim.turn);
      const verdict = judgeClaim(tail, claim, this.#lost);
      switch (verdict.type) {
        case 'refused':
          throw new StreamFenced(executionId);
        case 'repeated':
          return this.#writer(executionId, verdict.tail);
        case 'granted': {
          const opening = await this.#begin(executionId, tail, claim);
          if (opening !== undefined) return this.#writer(executionId, opening);
        }
      }
    }
  }

  async tell(executionId: string, turn: number, bodies: readonly StreamEventBody[]): Promise<boolean> {
    for (;;) {
      this.#refuseWhenShutDown();
      const tail = await this.#store.tail(executionId, turn);
      if (tail === undefined || tail.isClosed || tail.turn !== turn) return false;
      const { epoch, opening, attempt } = tail;
      const entry = newEntry(executionId, tail, { epoch, opening, turn, attempt, bodies });
      if ((await this.#queue.insert(entry)) !== undefined) return true;
    }
  }

  async close(executionId: string, { turn, attempt, body }: StreamEnding): Promise<number> {
    for (let round = 1; ; round += 1) {
      this.#refuseWhenShutDown();
      const tail = await this.#store.tail(executionId, turn);
      if (tail?.isClosed === true) return tail.last;
      const columns = { epoch: tail?.epoch ?? 0, opening: newOpening(), turn, attempt };
      const entry = newEntry(executionId, tail, { ...columns, bodies: [body] });
      // In the queue it would come behind the next append of a writer in full swing, again and again.
      const place = round === 1 ? await this.#queue.insert(entry) : (await this.#store.insert([entry]))[0];
      // Otherwise someone has written in between: what is the tail now?
      if (place !== undefined) return place.last;
    }
  }

  async read(ranges: readonly StreamRange[]): Promise<readonly StreamPage[]> {
    this.#refuseWhenShutDown();
    return ranges.length === 0 ? [] : await this.#store.read(ranges);
  }

  watch(executionId: string, onWake: (wake: StreamWake) => void): () => void {
    this.#refuseWhenShutDown();
    return this.#store.watch(executionId, onWake);
  }

  async remove(executionIds: readonly string[]): Promise<void> {
    this.#refuseWhenShutDown();
    if (executionIds.length > 0) await this.#store.remove(executionIds);
  }

  shutdown(): Promise<void> {
    return (this.#down ??= this.#shutDown());
  }

  async #shutDown(): Promise<void> {
    await this.#queue.shutdown();
    await this.#store.shutdown();
  }

  /** Appends the opening; undefined when someone else has written in between. */
  async #begin(
    executionId: string,
    tail: CountedTail | undefined,
    { epoch, turn, reason }: WriterClaim,
  ): Promise<Opening | undefined> {
    const attempt = (tail?.attempts ?? 0) + 1;
    const columns = { epoch, opening: newOpening(), turn, attempt };
    const entry = newEntry(executionId, tail, {
      ...columns,
      bodies: [{ eventType: 'attempt_started', status: reason }],
    });
    const place = await this.#queue.insert(entry);
    if (place === undefined) return undefined;
    if (tail !== undefined) this.#lost.delete(tail.opening);
    return { ...columns, ...place };
  }

  #writer(executionId: string, opening: Opening): StreamWriter {
    const parts = { store: this.#store, queue: this.#queue, lost: this.#lost };
    return new EntryWriter(parts, executionId, opening);
  }

  #refuseWhenShutDown(): void {
    if (this.#down !== undefined) throw new CircuitBreakerError('UNAVAILABLE', SHUT_DOWN);
  }
}
