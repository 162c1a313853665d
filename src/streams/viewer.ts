import { isTerminal, passesEveryFilter, type StreamEvent, type StreamEventType } from '../core/stream-event.js';
import type { LiveStream } from './live-stream.js';
import { mergeChunks } from './merge-chunks.js';
import type { StreamLog, StreamPage } from './stream-log.js';
import { BEGINNING, passageAfter, type Passage, type ViewerPlace } from './viewer-place.js';

export interface ViewerOptions {
  /** The sequence received last; what follows it comes. Absent: everything. */
  readonly after?: number;
  /** Absent: all. Beginnings and ends of attempts come in any case. */
  readonly types?: ReadonlySet<StreamEventType>;
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
const ENTRIES_PER_READ = 64;
/** After a read of the log that brought nothing. */
const READ_AGAIN_MS = 1000;

interface LiveViewerParts {
  readonly stream: LiveStream;
  readonly log: Pick<StreamLog, 'read'>;
  readonly place: ViewerPlace;
  readonly types: ViewerOptions['types'];
  readonly onLeave: (viewer: LiveViewer) => void;
  /** The log does not tell what the stream does: the stream has to be read, too. */
  readonly onDoubt: () => void;
}

/**
 * Knows its log by the opening of the event it got last: takes what follows that event from the ring where the ring
 * holds it, otherwise from the log, and begins again where neither has it any more. So it never mixes two logs.
 */
export class LiveViewer implements StreamViewer {
  end: ViewerEnd | undefined;

  private place: ViewerPlace;
  /** Of the stream when its ring held the place; undefined while it has not. */
  private generation: number | undefined;
  private stopWaiting: () => void = () => undefined;
  private settle: () => void = () => undefined;

  constructor(private readonly parts: LiveViewerParts) {
    this.place = parts.place;
  }

  next(): Promise<readonly StreamEvent[] | undefined> {
    return new Promise((resolve, reject) => {
      // Whoever leaves is answered at once, whatever the log is still asked.
      this.settle = () => {
        resolve(undefined);
      };
      this.follow().then(resolve, reject);
    });
  }

  leave(end: ViewerEnd = 'left'): void {
    this.finish(end);
    this.settle();
  }

  private async follow(): Promise<readonly StreamEvent[] | undefined> {
    while (this.end === undefined) {
      const events = (await this.takeFromRing()) ?? (await this.takeFromLog());
      const wanted = events.filter((event) => this.wants(event));
      if (events.some(isTerminal)) this.finish('ended');
      if (wanted.length > 0) return wanted;
    }
    return undefined;
  }

  /** What the ring has next, or nothing once it has changed; undefined when the ring does not go on from here. */
  private async takeFromRing(): Promise<readonly StreamEvent[] | undefined> {
    const { stream } = this.parts;
    if (this.generation !== undefined && this.generation !== stream.generation) this.startAgain();
    const passage = stream.after(this.place, EVENTS_PER_BATCH);
    if (passage === undefined) return undefined;
    this.generation = stream.generation;
    if (passage.events.length > 0) return this.advance(passage, stream.next);
    if (stream.state === 'closed') this.finish('ended');
    else await this.change();
    return [];
  }

  /** What the log has next, read from the event before; nothing after a pause when that is nothing. */
  private async takeFromLog(): Promise<readonly StreamEvent[]> {
    const page = await this.readLog();
    if (page === undefined || page.state === 'absent') {
      this.parts.onDoubt();
      await this.pause();
      return [];
    }
    const passage = passageAfter(this.place, page);
    if (passage === undefined) this.startAgain();
    else if (passage.events.length > 0) return this.advance(passage, page.next);
    else if (page.state === 'closed') this.finish('ended');
    else {
      this.parts.onDoubt();
      await this.change(READ_AGAIN_MS);
    }
    return [];
  }

  private async readLog(): Promise<StreamPage | undefined> {
    const { log, stream } = this.parts;
    const from = Math.max(this.place.next - 1, 0);
    try {
      const [page] = await log.read([{ executionId: stream.executionId, from, limit: ENTRIES_PER_READ }]);
      return page;
    } catch {
      // The reader, which will read as well, tells of it once for all viewers.
      return undefined;
    }
  }

  private advance({ events, end }: Passage, logEnd: number): readonly StreamEvent[] {
    const behind = logEnd - this.place.next;
    this.place = end;
    return behind > MERGE_BEYOND ? mergeChunks(events) : events;
  }

  private startAgain(): void {
    this.generation = undefined;
    this.place = BEGINNING;
  }

  /** Until the stream changes, or the viewer leaves. */
  private async change(atMostMs?: number): Promise<void> {
    if (this.end !== undefined) return;
    const { promise, leave } = this.parts.stream.changed();
    this.stopWaiting = leave;
    const timer = atMostMs === undefined ? undefined : setTimeout(leave, atMostMs);
    await promise;
    clearTimeout(timer);
  }

  /** Lets a log be that gives nothing; until the viewer leaves. */
  private async pause(): Promise<void> {
    if (this.end !== undefined) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.stopWaiting = resolve;
      timer = setTimeout(resolve, READ_AGAIN_MS);
    });
    clearTimeout(timer);
  }

  private finish(end: ViewerEnd): void {
    if (this.end !== undefined) return;
    this.end = end;
    this.stopWaiting();
    this.parts.onLeave(this);
  }

  private wants(event: StreamEvent): boolean {
    const { types } = this.parts;
    return types === undefined || types.has(event.eventType) || passesEveryFilter(event.eventType);
  }
}

/** A viewer of events that are all there already. */
export class ReplayViewer implements StreamViewer {
  end: ViewerEnd | undefined;

  constructor(private readonly events: readonly StreamEvent[]) {}

  next(): Promise<readonly StreamEvent[] | undefined> {
    if (this.end !== undefined) return Promise.resolve(undefined);
    this.end = 'ended';
    return Promise.resolve(this.events.length === 0 ? undefined : this.events);
  }

  leave(): void {
    this.end ??= 'left';
  }
}
