import { LRUCache } from 'lru-cache';

import type { CountedTail, EntryPlace, EntryStore, StoredEntry } from '../entries/entry-store.js';
import type { NewEntry } from '../entries/new-entry.js';
import type { StreamPage, StreamRange, StreamWake } from '../stream-log.js';
import type { EntryEnd } from '../entries/stream-tail.js';
import { ConfirmedEnds } from './confirmed-ends.js';
import type { NatsLink } from './nats-connection.js';
import { encodeEntry, streamEntry, type NatsEntry } from './nats-entry.js';
import { NatsWakeUps } from './nats-wake-ups.js';

/** Of how many logs it is remembered where the last read ended. */
const MAX_REMEMBERED = 10_000;
/** Each publish costs the server far more than a line of a script elsewhere: fewer, larger ones. */
const GATHER_MS = 75;

/**
 * Streams on NATS JetStream: one stream for all, a subject for each execution, a message for each entry. The server
 * takes a message only behind the one that its publisher knows to be the subject's last: that is all the arbitration
 * there is. The position of an entry is its message's sequence in the stream.
 */
export class NatsEntries implements EntryStore {
  readonly #nats: NatsLink;
  readonly #release: () => Promise<void>;
  readonly gatherMs = GATHER_MS;
  readonly #wakeUps: NatsWakeUps;
  readonly #confirmed = new ConfirmedEnds();
  readonly #forget: () => void;
  /** Where reads of a log ended: a reader goes on from there, and the server need not look from the beginning. */
  readonly #ends = new LRUCache<string, Pick<NatsEntry, 'first' | 'position'>>({ max: MAX_REMEMBERED });

  /** `release` ends the connection where nobody else uses it. */
  constructor(nats: NatsLink, release: () => Promise<void> = () => Promise.resolve()) {
    this.#nats = nats;
    this.#release = release;
    this.#wakeUps = new NatsWakeUps(nats);
    this.#forget = nats.onDisconnect(() => {
      this.#confirmed.clear();
      this.#ends.clear();
    });
  }

  async insert(batch: readonly NewEntry[]): Promise<readonly (EntryPlace | undefined)[]> {
    const timestamp = new Date().toISOString();
    return await Promise.all(batch.map((entry) => this.#insertOne(entry, timestamp)));
  }

  async tail(executionId: string, turn: number): Promise<CountedTail | undefined> {
    const tail = await this.#nats.last(executionId);
    if (tail === undefined) return undefined;
    return { ...tail, attempts: tail.turn === turn ? tail.attempt : await this.#attemptsAt(tail, executionId, turn) };
  }

  async entryAt(executionId: string, first: number): Promise<StoredEntry | undefined> {
    const tail = await this.#nats.last(executionId);
    if (tail === undefined || tail.last < first) return undefined;
    const [entry] =
      tail.first <= first ? [tail] : await this.#entriesFrom(tail, { executionId, from: first, limit: 1 });
    return entry?.first === first ? entry : undefined;
  }

  async read(ranges: readonly StreamRange[]): Promise<readonly StreamPage[]> {
    return await Promise.all(ranges.map((range) => this.#readOne(range)));
  }

  watch(executionId: string, onWake: (wake: StreamWake) => void): () => void {
    return this.#wakeUps.watch(executionId, onWake);
  }

  async remove(executionIds: readonly string[]): Promise<void> {
    for (const executionId of executionIds) {
      this.#ends.delete(executionId);
      await this.#nats.purge(executionId);
    }
  }

  async shutdown(): Promise<void> {
    this.#forget();
    this.#wakeUps.shutdown();
    await this.#release();
  }

  async #readOne(range: StreamRange): Promise<StreamPage> {
    const { executionId, from } = range;
    const seen = await this.#nats.lastSeen(executionId);
    // What a late replica lacks would pass for lost with a reader that is ahead of it: the leader knows.
    const tail = seen === undefined || seen.last < from ? await this.#nats.last(executionId) : seen;
    if (tail === undefined) return { executionId, state: 'absent', next: 0, entries: [] };
    const entries = tail.last < from ? [] : await this.#entriesFrom(tail, range);
    return {
      executionId,
      state: tail.isClosed ? 'closed' : 'open',
      next: tail.last + 1,
      entries: entries.map((entry) => streamEntry(executionId, entry)),
    };
  }

  async #insertOne(entry: NewEntry, timestamp: string): Promise<EntryPlace | undefined> {
    const { executionId, after, last, opening, isClosed } = entry;
    if (after !== undefined && !(await this.#isConfirmed(executionId, after))) return undefined;
    const position = await this.#nats.publish(executionId, encodeEntry(entry, timestamp), after?.position ?? 0);
    if (position === undefined) return undefined;
    if (after !== undefined) this.#confirmed.delete(after);
    if (!isClosed) this.#confirmed.add({ opening, position });
    return { position, last };
  }

  async #isConfirmed(executionId: string, after: EntryEnd): Promise<boolean> {
    if (this.#confirmed.has(after)) return true;
    const tail = await this.#nats.last(executionId);
    if (tail?.opening !== after.opening || tail.position !== after.position) return false;
    this.#confirmed.add(after);
    return true;
  }

  /** Those that end at `from` or later, at most so many. */
  async #entriesFrom(tail: NatsEntry, { executionId, from, limit }: StreamRange): Promise<readonly NatsEntry[]> {
    if (tail.first <= from) return [tail];
    const start = this.#startOf(executionId, tail, from);
    const found = await this.#collect(executionId, { start, tail, from, limit });
    // The log has been lost and has grown again since: what was remembered is of another one.
    const isWhole = found[0] !== undefined && found[0].first <= from;
    const entries = isWhole || start === 0 ? found : await this.#collect(executionId, { start: 0, tail, from, limit });
    const end = entries.at(-1);
    if (end !== undefined) this.#ends.set(executionId, { first: end.first, position: end.position });
    return entries;
  }

  /** A reader asks from the last event that it has: the entry that covers it is the one where its last read ended. */
  #startOf(executionId: string, tail: NatsEntry, from: number): number {
    const end = this.#ends.get(executionId);
    return end !== undefined && end.first <= from && end.position <= tail.position ? end.position : 0;
  }

  async #collect(
    executionId: string,
    { start, tail, from, limit }: { start: number; tail: NatsEntry; from: number; limit: number },
  ): Promise<readonly NatsEntry[]> {
    const entries: NatsEntry[] = [];
    const span = { from: start, to: tail.position, expected: limit + 1 };
    await this.#nats.walk(executionId, span, (entry) => {
      if (entry.last >= from) entries.push(entry);
      return entries.length < limit ? 'more' : 'enough';
    });
    return entries;
  }

  /** How many attempts at a turn the log has seen, from the log as a whole: asked for only when the turn changes. */
  async #attemptsAt(tail: NatsEntry, executionId: string, turn: number): Promise<number> {
    let most = 0;
    await this.#nats.walk(executionId, { from: 0, to: tail.position, expected: Infinity }, (entry) => {
      if (entry.turn === turn) most = Math.max(most, entry.attempt);
      return 'more';
    });
    return most;
  }
}
