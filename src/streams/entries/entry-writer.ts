import type { StreamEventBody } from '../../core/streams/stream-event.js';
import type { EntryQueue } from './entry-queue.js';
import type { CountedTail, EntryStore, StoredEntry } from './entry-store.js';
import { newEntry, type NewEntry } from './new-entry.js';
import { StreamFenced, StreamLost, type StreamWriter } from '../stream-log.js';
import { judgeRefusal, type EntryEnd } from './stream-tail.js';

interface WriterParts {
  readonly store: EntryStore;
  readonly queue: EntryQueue;
  /** Collects the openings of writers that lost what they had appended. */
  readonly lost: Set<string>;
}

/** The opening of a writer: the entry behind which its text begins. */
export type Opening = EntryEnd & Pick<CountedTail, 'epoch' | 'turn' | 'attempt'>;

/** Appends each entry behind its own previous one; the first stands behind its opening. */
export class EntryWriter implements StreamWriter {
  readonly #parts: WriterParts;
  readonly #executionId: string;
  readonly #opening: Opening;
  #previous: EntryEnd;

  constructor(parts: WriterParts, executionId: string, opening: Opening) {
    this.#parts = parts;
    this.#executionId = executionId;
    this.#opening = opening;
    this.#previous = opening;
  }

  get attempt(): number {
    return this.#opening.attempt;
  }

  async append(bodies: readonly StreamEventBody[]): Promise<void> {
    if (bodies.length === 0) return;
    const { epoch, opening, turn, attempt } = this.#opening;
    const entry = newEntry(this.#executionId, this.#previous, { epoch, opening, turn, attempt, bodies });
    const { position } = (await this.#parts.queue.insert(entry)) ?? (await this.#explain(entry));
    this.#previous = { position, last: entry.last, opening };
  }

  /** Why an entry was not stored. Returns its place when it had been, by a call whose answer was lost. */
  async #explain(entry: NewEntry): Promise<StoredEntry> {
    const { store, lost } = this.#parts;
    const there = await store.entryAt(this.#executionId, entry.first);
    if (there?.opening === entry.opening && there.events === entry.events) return there;
    const tail = await store.tail(this.#executionId, entry.turn);
    if (judgeRefusal(tail, entry) === 'fenced') throw new StreamFenced(this.#executionId);
    lost.add(entry.opening);
    throw new StreamLost(this.#executionId);
  }
}
