import { isTerminal, passesEveryFilter, type StreamEvent, type StreamEventType } from '../core/stream-event.js';
import type { LiveStream } from './live-stream.js';
import { mergeChunks } from './merge-chunks.js';
import type { StreamLog } from './stream-log.js';

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

interface LiveViewerParts {
  readonly stream: LiveStream;
  readonly log: Pick<StreamLog, 'read'>;
  readonly options: ViewerOptions;
  readonly onLeave: (viewer: LiveViewer) => void;
}

export class LiveViewer implements StreamViewer {
  end: ViewerEnd | undefined;

  private generation: number;
  /** The sequence that comes next. */
  private position: number;
  private stopWaiting: () => void = () => undefined;

  constructor(private readonly parts: LiveViewerParts) {
    const { stream, options } = parts;
    const wanted = options.after === undefined ? 0 : options.after + 1;
    this.generation = stream.generation;
    // A cursor beyond an open log is of a log that has grown again: everything, from 0.
    this.position = wanted > stream.next && stream.state !== 'closed' ? 0 : wanted;
  }

  async next(): Promise<readonly StreamEvent[] | undefined> {
    while (this.end === undefined) {
      const events = await this.take();
      const wanted = events.filter((event) => this.wants(event));
      if (events.some(isTerminal)) this.leave('ended');
      if (wanted.length > 0) return wanted;
      if (events.length === 0) await this.wait();
    }
    return undefined;
  }

  leave(end: ViewerEnd = 'left'): void {
    if (this.end !== undefined) return;
    this.end = end;
    this.stopWaiting();
    this.parts.onLeave(this);
  }

  private async take(): Promise<readonly StreamEvent[]> {
    const { stream } = this.parts;
    if (this.generation !== stream.generation) this.startAgain();
    const behind = stream.next - this.position;
    const events = this.position < stream.base ? await this.readLog() : stream.from(this.position, EVENTS_PER_BATCH);
    const last = events.at(-1);
    if (last !== undefined) this.position = last.sequence + 1;
    return behind > MERGE_BEYOND ? mergeChunks(events) : events;
  }

  /** What the ring no longer has. */
  private async readLog(): Promise<readonly StreamEvent[]> {
    const { log, stream } = this.parts;
    const range = { executionId: stream.executionId, from: this.position, limit: ENTRIES_PER_READ };
    const [page] = await log.read([range]);
    const events = (page?.entries ?? []).flatMap((entry) => entry.events);
    return events.filter(({ sequence }) => sequence >= this.position);
  }

  private async wait(): Promise<void> {
    const { stream } = this.parts;
    if (stream.state === 'closed' && this.position >= stream.next) {
      this.leave('ended');
      return;
    }
    const { promise, leave } = stream.changed();
    this.stopWaiting = leave;
    // Something may have come while the log was read.
    if (this.generation !== stream.generation || this.position < stream.next) leave();
    await promise;
  }

  private wants(event: StreamEvent): boolean {
    const { types } = this.parts.options;
    return types === undefined || types.has(event.eventType) || passesEveryFilter(event.eventType);
  }

  private startAgain(): void {
    this.generation = this.parts.stream.generation;
    this.position = 0;
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
