import { notFound } from '../../core/errors.js';
import { isEnded, type AgentExecution } from '../../core/executions/execution.js';
import { isTemporalId } from '../../core/ids.js';
import { passesEveryFilter } from '../../core/streams/stream-event.js';
import type { ExecutionLookup } from './execution-lookup.js';
import { LiveStream } from './live-stream.js';
import { storedReplay } from './stored-replay.js';
import type { StreamLog, StreamPage } from '../stream-log.js';
import {
  LiveViewer,
  ReplayViewer,
  STREAM_DOORS,
  type Delivered,
  type StreamDoorName,
  type StreamViewer,
  type ViewerOptions,
} from './viewer.js';
import { BEGINNING, placeAfter, type ViewerPlace } from './viewer-place.js';

export interface StreamReaderOptions {
  readonly log: StreamLog;
  readonly lookup: ExecutionLookup;
  /** Events that are kept of each watched stream. */
  readonly bufferSize: number;
  readonly logger: { warn(facts: object, message: string): void };
  /** Is told of everybody who comes in by a door, and gives who is served in their place. */
  readonly onViewer?: (
    viewer: StreamViewer,
    watching: { readonly executionId: string; readonly door: StreamDoorName },
  ) => StreamViewer;
}

/** No stream is as long: asks a log for its state and end alone. */
const BEYOND_THE_END = 2 ** 31 - 1;
const LOOK_EVERY_MS = 1000;
const SPEAKS_WITHIN_MS = 500;
/** A stream that is silent for so long may have ended without a word. */
const SILENCE_MS = 10_000;

interface Watched {
  readonly stream: LiveStream;
  readonly viewers: Map<LiveViewer, StreamDoorName | undefined>;
  readonly unwatch: () => void;
}

/**
 * Reads the log for all viewers of this process: one watch for each stream that somebody watches, one read for all
 * that need one. What a viewer gets is in order and without holes, whatever wake-ups were lost or repeated.
 */
export class StreamReader {
  readonly #options: StreamReaderOptions;
  readonly #watched = new Map<string, Watched>();
  readonly #behind = new Set<Watched>();
  readonly #delivered: Delivered = { events: 0, merged: 0 };
  readonly #timer: NodeJS.Timeout;
  #reading: Promise<void> | undefined;
  #isShutDown = false;

  constructor(options: StreamReaderOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      this.#look();
    }, LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** Begins to watch. Throws NOT_FOUND for an execution that nobody knows; one that has not begun is waited for. */
  async open(executionId: string, options: ViewerOptions = {}): Promise<StreamViewer> {
    const viewer = await this.#open(executionId, options);
    const { door } = options;
    return (door === undefined ? undefined : this.#options.onViewer?.(viewer, { executionId, door })) ?? viewer;
  }

  async #open(executionId: string, options: ViewerOptions): Promise<StreamViewer> {
    // No backend is asked for what cannot be one.
    if (!isTemporalId(executionId)) throw notFound('execution', executionId);
    const known = this.#watched.get(executionId);
    const place = known?.stream.placeAfter(options.after);
    if (known !== undefined && place !== undefined) return this.#addViewer(known, place, options);
    const page = await this.#readAt(executionId, options.after ?? BEYOND_THE_END);
    if (page === undefined || page.state === 'absent') {
      const execution = await this.#options.lookup.find(executionId);
      if (execution === undefined) throw notFound('execution', executionId);
      if (isEnded(execution.status)) return replayOf(execution, options);
    }
    return await this.#join(executionId, page, options);
  }

  stats(): { readonly streams: number; readonly viewers: number } {
    const viewers = [...this.#watched.values()].reduce((count, one) => count + one.viewers.size, 0);
    return { streams: this.#watched.size, viewers };
  }

  /** What viewers have got since the process began. */
  get delivered(): Readonly<Delivered> {
    return this.#delivered;
  }

  /** How many of them are there, of each door. */
  viewersByDoor(): ReadonlyMap<StreamDoorName, number> {
    const counts = new Map<StreamDoorName, number>(STREAM_DOORS.map((door) => [door, 0]));
    for (const { viewers } of this.#watched.values())
      for (const door of viewers.values()) if (door !== undefined) counts.set(door, (counts.get(door) ?? 0) + 1);
    return counts;
  }

  /** Tells every viewer that the process goes away. */
  async shutdown(): Promise<void> {
    this.#isShutDown = true;
    clearInterval(this.#timer);
    for (const { viewers } of [...this.#watched.values()]) {
      for (const viewer of [...viewers.keys()]) viewer.leave('shutting-down');
    }
    await this.#reading;
  }

  async #join(executionId: string, page: StreamPage | undefined, options: ViewerOptions): Promise<StreamViewer> {
    const place = page === undefined ? BEGINNING : placeAfter(options.after, page);
    if (place === 'ended') return new ReplayViewer([]);
    // Nothing may come between finding a stream and joining it: its last viewer may leave then, and its watch ends.
    const watched = this.#watched.get(executionId) ?? this.#watch(await this.#streamFrom(executionId, page?.next ?? 0));
    return this.#addViewer(watched, place, options);
  }

  #addViewer(watched: Watched, place: ViewerPlace, { types, door }: ViewerOptions): StreamViewer {
    const viewer = new LiveViewer({
      stream: watched.stream,
      log: this.#options.log,
      place,
      types,
      delivered: this.#delivered,
      onLeave: (left) => {
        this.#removeViewer(watched, left);
      },
      onDoubt: () => {
        this.#catchUp(watched);
      },
    });
    watched.viewers.set(viewer, door);
    if (this.#isShutDown) viewer.leave('shutting-down');
    return viewer;
  }

  #removeViewer(watched: Watched, viewer: LiveViewer): void {
    watched.viewers.delete(viewer);
    if (watched.viewers.size > 0) return;
    watched.unwatch();
    this.#behind.delete(watched);
    this.#watched.delete(watched.stream.executionId);
  }

  /** Begins at the end of the log: what is before comes from the log for those who want it. */
  async #streamFrom(executionId: string, next: number): Promise<LiveStream> {
    const stream = new LiveStream(executionId, this.#options.bufferSize, performance.now());
    const page = next > 0 ? await this.#readAt(executionId, next - 1) : undefined;
    const entry = page?.entries[0];
    if (entry !== undefined) stream.beginAt(entry, performance.now());
    return stream;
  }

  #watch(stream: LiveStream): Watched {
    // Another viewer may have been faster meanwhile.
    const known = this.#watched.get(stream.executionId);
    if (known !== undefined) return known;
    const watched: Watched = {
      stream,
      viewers: new Map(),
      unwatch: this.#options.log.watch(stream.executionId, (wake) => {
        if (stream.take(wake, performance.now())) this.#catchUp(watched);
      }),
    };
    this.#watched.set(stream.executionId, watched);
    this.#catchUp(watched);
    return watched;
  }

  async #readAt(executionId: string, from: number): Promise<StreamPage | undefined> {
    const [page] = await this.#options.log.read([{ executionId, from: Math.min(from, BEYOND_THE_END), limit: 1 }]);
    return page;
  }

  #catchUp(watched: Watched): void {
    if (this.#watched.get(watched.stream.executionId) !== watched) return;
    this.#behind.add(watched);
    this.#reading ??= this.#readAll();
  }

  async #readAll(): Promise<void> {
    // What comes within this turn of the event loop shares the read.
    await Promise.resolve();
    try {
      while (this.#behind.size > 0 && !this.#isShutDown) await this.#readOnce();
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'the stream log could not be read; the next look tries again');
    } finally {
      // Here and not behind the promise: what falls behind in between would wait for the next look.
      this.#reading = undefined;
    }
  }

  async #readOnce(): Promise<void> {
    const asked = [...this.#behind].map((watched) => ({ watched, next: watched.stream.next }));
    this.#behind.clear();
    const pages = await this.#options.log.read(asked.map(({ watched }) => watched.stream.range()));
    for (const [index, { watched, next }] of asked.entries()) {
      const page = pages[index];
      if (page !== undefined && watched.stream.takePage(page, next, performance.now())) this.#catchUp(watched);
    }
  }

  #look(): void {
    for (const watched of this.#watched.values()) {
      const silentMs = performance.now() - watched.stream.lastActivityMs;
      // One that speaks tells by its next word what was lost before it.
      if (watched.stream.state === 'closed' || silentMs < SPEAKS_WITHIN_MS) continue;
      this.#catchUp(watched);
      if (silentMs > SILENCE_MS) void this.#askAbout(watched);
    }
  }

  /** Nothing came for long: has the execution ended without its stream? */
  async #askAbout({ stream, viewers }: Watched): Promise<void> {
    stream.lastActivityMs = performance.now();
    try {
      const execution = await this.#options.lookup.find(stream.executionId);
      // It was deleted, and its stream with it: nothing more comes.
      if (execution === undefined) for (const viewer of [...viewers.keys()]) viewer.leave('ended');
      else if (isEnded(execution.status)) await this.#options.lookup.finish(execution);
    } catch (error) {
      this.#options.logger.warn(
        { executionId: stream.executionId, err: error },
        'a silent stream could not be looked into',
      );
    }
  }
}

function replayOf(execution: AgentExecution, { after, types }: ViewerOptions): StreamViewer {
  const events = storedReplay(execution, after).filter(
    ({ eventType }) => types === undefined || types.has(eventType) || passesEveryFilter(eventType),
  );
  return new ReplayViewer(events);
}
