import { isTerminal, type StreamEvent } from '../../core/streams/stream-event.js';
import type { StreamEntry, StreamPage, StreamRange, StreamWake } from '../stream-log.js';
import { BEGINNING, type Passage, type ViewerPlace } from './viewer-place.js';

/** At most so many entries in one read. */
const ENTRIES_PER_READ = 200;
/** A log that turns out to be another one within this time is not read again at once. */
const START_AGAIN_MS = 1000;

/**
 * What an API process holds of one stream that somebody watches: the newest events in a ring that all its viewers
 * share, and where the log goes on. Knows nothing of time or of viewers' pace; who reads the log is told what to read.
 */
export class LiveStream {
  readonly #capacity: number;
  /** Rises when the log turns out to be another one than was read: those who were in its ring start again from 0. */
  generation = 0;
  state: 'waiting' | 'open' | 'closed' = 'waiting';
  /** The sequence that the next event will have. */
  next = 0;
  lastActivityMs: number;

  /** The newest events, and the opening of each. Older ones than the capacity asks for go a few at a time. */
  #events: StreamEvent[] = [];
  #openings: string[] = [];
  #opening = '';
  #startedAgainMs = -Infinity;
  readonly #followers = new Set<() => void>();

  constructor(
    readonly executionId: string,
    capacity: number,
    now: number,
  ) {
    this.#capacity = capacity;
    this.lastActivityMs = now;
  }

  /** The first sequence that the ring holds; what is before has to come from the log. */
  get base(): number {
    return this.next - this.#events.length;
  }

  /** The place behind a cursor; undefined when only the log can tell. */
  placeAfter(after: number | undefined): ViewerPlace | undefined {
    if (after === undefined) return BEGINNING;
    const opening = this.#openingOf(after);
    return opening === undefined ? undefined : { next: after + 1, opening };
  }

  /** What follows a place; undefined when the ring does not hold the event before, or holds another one. */
  after(place: ViewerPlace, limit: number): Passage | undefined {
    const goesOn = place.next === 0 ? this.base === 0 : this.#openingOf(place.next - 1) === place.opening;
    if (!goesOn) return undefined;
    const start = place.next - this.base;
    const events = this.#events.slice(start, start + limit);
    const next = place.next + events.length;
    return { events, end: { next, opening: this.#openingOf(next - 1) ?? place.opening } };
  }

  /** Tells of every change. Returns what ends that. */
  follow(onChange: () => void): () => void {
    this.#followers.add(onChange);
    return () => {
      this.#followers.delete(onChange);
    };
  }

  /** Takes a wake-up; true when the log has to be read to know what happened. */
  take(wake: StreamWake, now: number): boolean {
    if (wake.kind === 'changed') return true;
    const { first, opening, events } = wake.entry;
    if (first + events.length <= this.next) return false;
    if (first !== this.next || opening !== this.#opening) return true;
    this.#append([wake.entry], now);
    return false;
  }

  /** What to read to catch up: from the event before the next one, to see that the log is still the one that was read. */
  range(): StreamRange {
    return { executionId: this.executionId, from: Math.max(this.next - 1, 0), limit: ENTRIES_PER_READ };
  }

  /**
   * Takes a page that was read; true when there is more to read at once. A page that brought nothing never asks for
   * another one at once. `askedAt` is what `next` was when the read began: when wake-ups have come in since, the page
   * is older than they are, and says nothing against what they brought.
   */
  takePage(page: StreamPage, askedAt: number, now: number): boolean {
    const isOld = this.next !== askedAt;
    if (page.state === 'absent') {
      if (this.next > 0 && !isOld) this.#startAgain(now);
      return false;
    }
    if (this.next > 0 && !page.entries.some((entry) => this.#isContinuedBy(entry))) {
      return isOld ? page.next > this.next : this.#startAgain(now);
    }
    this.#append(page.entries, now);
    return page.next > this.next && this.next !== askedAt;
  }

  /** Begins in the middle of a log: what is before `entry` is left to those who want it. */
  beginAt(entry: StreamEntry, now: number): void {
    this.next = entry.first;
    this.#append([entry], now);
  }

  #openingOf(sequence: number): string | undefined {
    return sequence < this.base ? undefined : this.#openings[sequence - this.base];
  }

  #isContinuedBy(entry: StreamEntry): boolean {
    const covers = entry.first < this.next && entry.first + entry.events.length >= this.next;
    return covers && entry.opening === this.#opening;
  }

  #append(entries: readonly StreamEntry[], now: number): void {
    let last: StreamEvent | undefined;
    for (const { opening, events } of entries) {
      this.#opening = opening;
      for (const event of events) {
        if (event.sequence < this.next) continue;
        this.#events.push(event);
        this.#openings.push(opening);
        this.next = event.sequence + 1;
        last = event;
      }
    }
    if (last === undefined) return;
    this.state = isTerminal(last) ? 'closed' : 'open';
    this.lastActivityMs = now;
    this.#forgetOldest();
    this.#tell();
  }

  #forgetOldest(): void {
    const tooMany = this.#events.length - this.#capacity;
    // One at a time would move all others each time.
    if (tooMany <= this.#capacity / 8) return;
    this.#events.splice(0, tooMany);
    this.#openings.splice(0, tooMany);
  }

  /** Returns whether to read at once: a log that is another one again and again is not read without a pause. */
  #startAgain(now: number): boolean {
    const isFirst = now - this.#startedAgainMs >= START_AGAIN_MS;
    this.#startedAgainMs = now;
    this.generation += 1;
    this.#events = [];
    this.#openings = [];
    this.next = 0;
    this.#opening = '';
    this.state = 'waiting';
    this.#tell();
    return isFirst;
  }

  #tell(): void {
    for (const onChange of this.#followers) onChange();
  }
}
