import type { CountedTail, EntryPlace, EntryStore, StoredEntry } from '../entries/entry-store.js';
import type { NewEntry } from '../entries/new-entry.js';
import type { StreamPage, StreamRange, StreamWake } from '../stream-log.js';
import type { RedisConnection } from './redis-connection.js';
import { argumentsOf, entryId, partsOf, readEntry, readTail, type RawEntry, type RawTail } from './redis-entry.js';
import { APPEND, READ } from './redis-scripts.js';
import { RedisWakeUps } from './redis-wake-ups.js';

/** A server runs one script at a time: it answers so many logs before others get their turn. */
const KEYS_PER_READ = 100;
/** No stream is as long. */
const BEYOND_THE_END = Number.MAX_SAFE_INTEGER;
const ALL = 1_000_000;

type RawPage = readonly [tail: RawTail | null, entries: readonly RawEntry[]];

/**
 * Streams on Redis: a stream of its own for each execution, appended to by a script that looks at the end of the log
 * first. The position of an entry is its last sequence. All keys have one hash tag, since one script takes many of them.
 */
export class RedisEntries implements EntryStore {
  readonly #redis: RedisConnection;
  readonly #release: () => void;
  readonly #wakeUps: RedisWakeUps;

  /** `release` ends the connection where nobody else uses it. */
  constructor(redis: RedisConnection, release: () => void = () => undefined) {
    this.#redis = redis;
    this.#release = release;
    this.#wakeUps = new RedisWakeUps(redis, keyOf);
  }

  async insert(batch: readonly NewEntry[]): Promise<readonly (EntryPlace | undefined)[]> {
    const keys = batch.map(({ executionId }) => keyOf(executionId));
    const lasts = (await this.#redis.run(APPEND, keys, batch.flatMap(argumentsOf))) as readonly number[];
    return lasts.map((last) => (last === -1 ? undefined : { position: last, last }));
  }

  async tail(executionId: string, turn: number): Promise<CountedTail | undefined> {
    const [tail] = await this.#page(executionId, BEYOND_THE_END, 1);
    if (tail === null) return undefined;
    const read = readTail(tail);
    return { ...read, attempts: read.turn === turn ? read.attempt : await this.#attemptsAt(executionId, turn) };
  }

  async entryAt(executionId: string, first: number): Promise<StoredEntry | undefined> {
    const [, [raw]] = await this.#page(executionId, first, 1);
    if (raw === undefined) return undefined;
    const { opening, head, events } = partsOf(raw);
    const entry = readTail([raw[0], opening, head]);
    return entry.first === first ? { position: entry.position, opening, events } : undefined;
  }

  async read(ranges: readonly StreamRange[]): Promise<readonly StreamPage[]> {
    const parts: Promise<readonly StreamPage[]>[] = [];
    for (let start = 0; start < ranges.length; start += KEYS_PER_READ) {
      parts.push(this.#readSome(ranges.slice(start, start + KEYS_PER_READ)));
    }
    return (await Promise.all(parts)).flat();
  }

  watch(executionId: string, onWake: (wake: StreamWake) => void): () => void {
    return this.#wakeUps.watch(executionId, onWake);
  }

  async remove(executionIds: readonly string[]): Promise<void> {
    await this.#redis.remove(executionIds.map(keyOf));
  }

  shutdown(): Promise<void> {
    this.#wakeUps.shutdown();
    this.#release();
    return Promise.resolve();
  }

  async #readSome(ranges: readonly StreamRange[]): Promise<readonly StreamPage[]> {
    const pages = await this.#pages(ranges);
    return ranges.map(({ executionId }, index) => pageOf(executionId, pages[index] ?? [null, []]));
  }

  async #page(executionId: string, from: number, limit: number): Promise<RawPage> {
    const [page] = await this.#pages([{ executionId, from, limit }]);
    return page ?? [null, []];
  }

  async #pages(ranges: readonly StreamRange[]): Promise<readonly RawPage[]> {
    const keys = ranges.map(({ executionId }) => keyOf(executionId));
    const bounds = ranges.flatMap(({ from, limit }) => [entryId(from), String(limit)]);
    return (await this.#redis.run(READ, keys, bounds)) as readonly RawPage[];
  }

  /** How many attempts at a turn the log has seen, from the log as a whole: asked for only when the turn changes. */
  async #attemptsAt(executionId: string, turn: number): Promise<number> {
    const [, entries] = await this.#page(executionId, 0, ALL);
    return entries
      .map((raw) => readTail([raw[0], partsOf(raw).opening, partsOf(raw).head]))
      .reduce((most, entry) => (entry.turn === turn ? Math.max(most, entry.attempt) : most), 0);
  }
}

function keyOf(executionId: string): string {
  return `{circuit-breaker}:stream:${executionId}`;
}

function pageOf(executionId: string, [tail, entries]: RawPage): StreamPage {
  if (tail === null) return { executionId, state: 'absent', next: 0, entries: [] };
  const { last, isClosed } = readTail(tail);
  return {
    executionId,
    state: isClosed ? 'closed' : 'open',
    next: last + 1,
    entries: entries.map((raw) => readEntry(executionId, partsOf(raw))),
  };
}
