import { isTerminal, type StreamEvent } from '../core/stream-event.js';
import type { StreamEntry, StreamPage, StreamRange, StreamWake } from './stream-log.js';
import { BEGINNING, type Passage, type ViewerPlace } from './viewer-place.js';

/** At most so many entries in one read. */
const ENTRIES_PER_READ = 200;

interface HeldEvent {
  readonly event: StreamEvent;
  readonly opening: string;
}

/**
 * What an API process holds of one stream that somebody watches: the newest events in a ring that all its viewers
 * share, and where the log goes on. Knows nothing of time or of viewers' pace; who reads the log is told what to read.
 */
export class LiveStream {
  /** Rises when the log turns out to be another one than was read: those who were in its ring start again from 0. */
  generation = 0;
  state: 'waiting' | 'open' | 'closed' = 'waiting';
  /** The sequence that the next event will have. */
  next = 0;
  lastActivityMs: number;

  private ring: readonly HeldEvent[] = [];
  private opening = '';
  private readonly waiters = new Set<() => void>();

  constructor(
    readonly executionId: string,
    private readonly capacity: number,
    now: number,
  ) {
    this.lastActivityMs = now;
  }

  /** The first sequence that the ring holds; what is before has to come from the log. */
  get base(): number {
    return this.next - this.ring.length;
  }

  /** The place behind a cursor; undefined when only the log can tell. */
  placeAfter(after: number | undefined): ViewerPlace | undefined {
    if (after === undefined) return BEGINNING;
    const held = this.held(after);
    return held === undefined ? undefined : { next: after + 1, opening: held.opening };
  }

  /** What follows a place; undefined when the ring does not hold the event before, or holds another one. */
  after(place: ViewerPlace, limit: number): Passage | undefined {
    const goesOn = place.next === 0 ? this.base === 0 : this.held(place.next - 1)?.opening === place.opening;
    if (!goesOn) return undefined;
    const start = place.next - this.base;
    const held = this.ring.slice(start, start + limit);
    const last = held.at(-1);
    const end = last === undefined ? place : { next: last.event.sequence + 1, opening: last.opening };
    return { events: held.map(({ event }) => event), end };
  }

  /** Resolves at the next change, or when `leave` is called. */
  changed(): { readonly promise: Promise<void>; readonly leave: () => void } {
    let leave: () => void = () => undefined;
    const promise = new Promise<void>((resolve) => {
      leave = () => {
        this.waiters.delete(leave);
        resolve();
      };
      this.waiters.add(leave);
    });
    return { promise, leave };
  }

  /** Takes a wake-up; true when the log has to be read to know what happened. */
  take(wake: StreamWake, now: number): boolean {
    if (wake.kind === 'changed') return true;
    const { first, opening, events } = wake.entry;
    if (first + events.length <= this.next) return false;
    if (first !== this.next || opening !== this.opening) return true;
    this.append(wake.entry, now);
    return false;
  }

  /** What to read to catch up: from the event before the next one, to see that the log is still the one that was read. */
  range(): StreamRange {
    return { executionId: this.executionId, from: Math.max(this.next - 1, 0), limit: ENTRIES_PER_READ };
  }

  /**
   * Takes what was read; true when there is more to read. `askedAt` is what `next` was when the read began: wake-ups
   * that came in meanwhile make the page an old one, which says nothing against what they brought.
   */
  takePage(page: StreamPage, askedAt: number, now: number): boolean {
    const isOld = this.next !== askedAt;
    if (page.state === 'absent') {
      if (this.next > 0 && !isOld) this.startAgain();
      return false;
    }
    if (this.next > 0 && !page.entries.some((entry) => this.isContinuedBy(entry))) {
      if (isOld) return page.next > this.next;
      this.startAgain();
      return true;
    }
    for (const entry of page.entries) this.append(entry, now);
    return page.next > this.next && page.entries.length > 0;
  }

  /** Begins in the middle of a log: what is before `entry` is left to those who want it. */
  beginAt(entry: StreamEntry, now: number): void {
    this.next = entry.first;
    this.append(entry, now);
  }

  private held(sequence: number): HeldEvent | undefined {
    return sequence < this.base ? undefined : this.ring[sequence - this.base];
  }

  private isContinuedBy(entry: StreamEntry): boolean {
    const covers = entry.first < this.next && entry.first + entry.events.length >= this.next;
    return covers && entry.opening === this.opening;
  }

  private append(entry: StreamEntry, now: number): void {
    const fresh = entry.events.filter(({ sequence }) => sequence >= this.next);
    const { opening } = entry;
    this.opening = opening;
    if (fresh.length === 0) return;
    this.ring = [...this.ring, ...fresh.map((event) => ({ event, opening }))].slice(-this.capacity);
    this.next = entry.first + entry.events.length;
    const last = fresh.at(-1);
    this.state = last !== undefined && isTerminal(last) ? 'closed' : 'open';
    this.lastActivityMs = now;
    this.wake();
  }

  private startAgain(): void {
    this.generation += 1;
    this.ring = [];
    this.next = 0;
    this.opening = '';
    this.state = 'waiting';
    this.wake();
  }
  private wake(): void {
    for (const waiter of [...this.waiters]) waiter();
  }
}
