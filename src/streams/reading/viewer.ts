import {
  isTerminal,
  passesEveryFilter,
  type StreamEvent,
  type StreamEventType,
} from '../../core/streams/stream-event.js';
import type { LiveStream } from './live-stream.js';
import { mergeChunks } from './merge-chunks.js';
import type { StreamLog, StreamPage } from '../stream-log.js';
import { BEGINNING, passageAfter, type Passage, type ViewerPlace } from './viewer-place.js';

export interface ViewerOptions {
  /** The sequence received last; what follows it comes. Absent: everything. */
  readonly after?: number;
  /** Absent: all. Beginnings and ends of attempts come in any case. */
  readonly types?: ReadonlySet<StreamEventType>;
  /** What it came in by, to be counted; absent: somebody of this process, who is not counted. */
  readonly door?: StreamDoorName;
}

export const STREAM_DOORS = ['graphql', 'sse', 'websocket'] as const;
export type StreamDoorName = (typeof STREAM_DOORS)[number];

/** What all viewers of a process have got. */
export interface Delivered {
  events: number;
  /** That were joined into others, for those who had fallen behind. */
  merged: number;
}

/** Why a viewer gets no more: its stream has ended, the process goes away, or it left by itself. */
export type ViewerEnd = 'ended' | 'shutting-down' | 'left';

/** One who watches a stream. Pulls: it holds a place in the shared ring and no queue of its own. */
export interface StreamViewer {
  /** The next events, as soon as there are some; undefined when there will be none. One call at a time. */
  next(): Promise<readonly StreamEvent[] | undefined>;
  readonly end: ViewerEnd | undefined;
  /** Settles a pending `next` with undefined. Safe to repeat. */
  leave(): void;
}

const EVENTS_PER_BATCH = 256;
/** Further behind than this, a viewer gets chunks joined. */
const MERGE_BEYOND = 32;
/** Entries of one read of the log: few at first, more as long as they are short. The first is the one before. */
const SMALLEST_READ = 2;
const FIRST_READ = 8;
const LARGEST_READ = 64;
/** In UTF-16 code units: what one who is slow should hold of a log, roughly. */
const MAX_PAGE_LENGTH = 64 * 1024;
/** After a read of the log that brought nothing. */
const READ_AGAIN_MS = 1000;

interface LiveViewerParts {
  readonly stream: LiveStream;
  readonly log: Pick<StreamLog, 'read'>;
  readonly place: ViewerPlace;
  readonly types: ViewerOptions['types'];
  /** Is counted up. */
  readonly delivered: Delivered;
  readonly onLeave: (viewer: LiveViewer) => void;
  /** Called when the log has less than the stream was told of, so that the stream is read again as well. */
  readonly onDoubt: () => void;
}

/**
 * Knows its log by the opening of the event it got last: takes what follows that event from the ring where the ring
 * holds it, otherwise from the log, and begins again where neither has it any more. So it never mixes two logs.
 */
export class LiveViewer implements StreamViewer {
  readonly #parts: LiveViewerParts;
  end: ViewerEnd | undefined;

  #place: ViewerPlace;
  /** The stream's generation when its ring last held the place of this viewer; undefined before it did. */
  #generation: number | undefined;
  #entriesPerRead = FIRST_READ;
  readonly #unfollow: () => void;
  /** Wakes what waits for a change. */
  #stopWaiting: () => void = () => undefined;
  #settle: (events: undefined) => void = () => undefined;

  constructor(parts: LiveViewerParts) {
    this.#parts = parts;
    this.#place = parts.place;
    this.#unfollow = parts.stream.follow(() => {
      this.#stopWaiting();
    });
  }

  next(): Promise<readonly StreamEvent[] | undefined> {
    return new Promise((resolve, reject) => {
      // Whoever leaves is answered at once, whatever the log is still asked.
      this.#settle = resolve;
      this.#nextEvents().then(resolve, reject);
    });
  }

  leave(end: ViewerEnd = 'left'): void {
    this.#finish(end);
    this.#settle(undefined);
  }

  async #nextEvents(): Promise<readonly StreamEvent[] | undefined> {
    while (this.end === undefined) {
      const held = this.#takeFromRing();
      if (held?.length === 0) {
        await this.#change();
        continue;
      }
      const events = held ?? (await this.#takeFromLog());
      const last = events.at(-1);
      if (last !== undefined && isTerminal(last)) this.#finish('ended');
      const wanted = this.#wanted(events);
      if (wanted.length === 0) continue;
      this.#parts.delivered.events += wanted.length;
      return wanted;
    }
    return undefined;
  }

  /** What the ring has next; undefined when it does not go on from here. */
  #takeFromRing(): readonly StreamEvent[] | undefined {
    const { stream } = this.#parts;
    if (this.#generation !== undefined && this.#generation !== stream.generation) this.#startAgain();
    const passage = stream.after(this.#place, EVENTS_PER_BATCH);
    if (passage === undefined) return undefined;
    this.#generation = stream.generation;
    if (passage.events.length > 0) return this.#advance(passage, stream.next);
    if (stream.state === 'closed') this.#finish('ended');
    return [];
  }

  /** What the log has next, read from the event before; nothing after a pause when that is nothing. */
  async #takeFromLog(): Promise<readonly StreamEvent[]> {
    const page = await this.#readLog();
    if (page === undefined || page.state === 'absent') {
      this.#parts.onDoubt();
      await this.#pause();
      return [];
    }
    const passage = passageAfter(this.#place, page);
    if (passage === undefined) this.#startAgain();
    else if (passage.events.length > 0) return this.#advance(passage, page.next);
    else if (page.state === 'closed' && page.next <= this.#place.next) this.#finish('ended');
    else {
      this.#parts.onDoubt();
      await this.#change(READ_AGAIN_MS);
    }
    return [];
  }

  async #readLog(): Promise<StreamPage | undefined> {
    const { log, stream } = this.#parts;
    const from = Math.max(this.#place.next - 1, 0);
    try {
      const [page] = await log.read([{ executionId: stream.executionId, from, limit: this.#entriesPerRead }]);
      if (page !== undefined) this.#paceReads(page);
      return page;
    } catch {
      // The reader, which will read as well, tells of it once for all viewers.
      return undefined;
    }
  }

  #paceReads({ entries }: StreamPage): void {
    const events = entries.flatMap((entry) => entry.events);
    const length = events.reduce((sum, event) => sum + contentLength(event), 0);
    this.#entriesPerRead =
      length > MAX_PAGE_LENGTH
        ? Math.max(SMALLEST_READ, Math.floor(this.#entriesPerRead / 2))
        : Math.min(this.#entriesPerRead * 2, LARGEST_READ);
  }

  #advance({ events, end }: Passage, logEnd: number): readonly StreamEvent[] {
    const behind = logEnd - this.#place.next;
    this.#place = end;
    if (behind <= MERGE_BEYOND) return events;
    const merged = mergeChunks(events);
    this.#parts.delivered.merged += events.length - merged.length;
    return merged;
  }

  #startAgain(): void {
    this.#generation = undefined;
    this.#place = BEGINNING;
  }

  /** Resolves when the stream changes or the viewer leaves. */
  async #change(atMostMs?: number): Promise<void> {
    if (this.end !== undefined) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#stopWaiting = resolve;
      if (atMostMs !== undefined) timer = setTimeout(resolve, atMostMs);
    });
    clearTimeout(timer);
  }

  /** Waits before a log is read again that gave nothing; ends when the viewer leaves. */
  async #pause(): Promise<void> {
    const until = performance.now() + READ_AGAIN_MS;
    for (let left = READ_AGAIN_MS; left > 0 && this.end === undefined; left = until - performance.now()) {
      await this.#change(left);
    }
  }

  #finish(end: ViewerEnd): void {
    if (this.end !== undefined) return;
    this.end = end;
    this.#unfollow();
    this.#stopWaiting();
    this.#parts.onLeave(this);
  }

  #wanted(events: readonly StreamEvent[]): readonly StreamEvent[] {
    const { types } = this.#parts;
    if (types === undefined) return events;
    return events.filter(({ eventType }) => types.has(eventType) || passesEveryFilter(eventType));
  }
}

function contentLength(event: StreamEvent): number {
  return 'content' in event ? event.content.length : 0;
}

/** A viewer of events that are all there already. */
export class ReplayViewer implements StreamViewer {
  readonly #events: readonly StreamEvent[];
  end: ViewerEnd | undefined;

  constructor(events: readonly StreamEvent[]) {
    this.#events = events;
  }

  next(): Promise<readonly StreamEvent[] | undefined> {
    if (this.end !== undefined) return Promise.resolve(undefined);
    this.end = 'ended';
    return Promise.resolve(this.#events.length === 0 ? undefined : this.#events);
  }

  leave(): void {
    this.end ??= 'left';
  }
}
