import {
  isTerminal,
  type CompletedBody,
  type StreamEvent,
  type StreamEventType,
} from '../core/streams/stream-event.js';
import { ShownAccess, type Access } from './access.js';
import { visit, type VisitEnd } from './event-source.js';
import { tellAll } from './listeners.js';
import { isSameAttempt, NOTHING_SHOWN, showEvent, type ShownText } from '../core/streams/shown-text.js';
import { isAnswer } from './verify-answer.js';

export interface WatchOptions {
  /** Where the API is, e.g. `http://127.0.0.1:4000`. */
  readonly url: string;
  readonly executionId: string;
  /** The sequence that was received last; absent: from the beginning. */
  readonly after?: number;
  /** What is wanted; attempts and the end always come. */
  readonly types?: readonly StreamEventType[];
  /** Where callers have to show who they are. A function is asked again when what it gave is refused, once before the refusal counts. */
  readonly access?: Access;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Absent: the platform's own. */
  readonly fetch?: typeof fetch;
  /**
   * Called before every reconnection, with the pause before it. `reason` is what fetch threw, a StreamError of a
   * server that is busy, or a text. Browsers hide why a page may not use the API: where a TypeError comes up again and
   * again, check CORS_ORIGINS.
   */
  readonly onReconnect?: (facts: {
    readonly attempt: number;
    readonly waitMs: number;
    readonly reason: unknown;
  }) => void;
}

/** What is known of an execution that is watched. */
export interface ExecutionView {
  /** Of its current turn; once it has completed, the stored answer. */
  readonly text: string;
  /** The newest event; absent before the first. */
  readonly last?: StreamEvent;
  readonly status: 'waiting' | 'streaming' | 'completed' | 'failed';
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;

/**
 * Watches one execution to its end, whatever happens to the connection on the way: comes again with its cursor, drops
 * what an attempt voids, and ends with the stored answer. Iterate it for the events; `view` has the text at any time.
 *
 * Each event comes once, in order; where the server has lost some it starts over, with the beginning of an attempt,
 * which voids what is shown. Throws StreamError when the server refuses for good (an unknown execution, no access) or
 * something else answers, and the signal's reason when it is aborted. It can be iterated once.
 *
 * If nothing follows the caller's own `after`, iterating it yields nothing.
 */
export class WatchedExecution implements AsyncIterable<StreamEvent> {
  readonly #options: WatchOptions;
  #shown: ShownText = NOTHING_SHOWN;
  #last: StreamEvent | undefined;
  #view: ExecutionView = { text: '', status: 'waiting' };
  #isVerified: boolean | undefined;
  /** The sequence that was received last: the next visit asks for what follows it. */
  #cursor: number | undefined;
  readonly #access: ShownAccess;
  /** Whether `#shown` has the text of its attempt from the beginning. */
  #hasBeginning = false;
  readonly #listeners = new Set<() => void>();

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#cursor = options.after;
    this.#access = new ShownAccess(options.access);
  }

  /** The same object until something changes. */
  get view(): ExecutionView {
    return this.#view;
  }

  /**
   * Whether the chunks that came are the stored answer, by length and hash. Absent until it has completed, and where there
   * is nothing to compare: the chunks of its attempt were not wanted, or did not come from the first on.
   */
  get isVerified(): boolean | undefined {
    return this.#isVerified;
  }

  /** Tells when `view` has changed. Returns what ends that. What a listener throws is an uncaught error of the program. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /**
   * Watches to the end and resolves with the last event. If nothing follows `after`, the stream is read from its
   * beginning, and `view` shows it, so that there is a last event to give.
   */
  async finished(): Promise<StreamEvent> {
    for await (const _event of this.#watch({ isEndWanted: true }));
    if (this.#last === undefined) throw new Error('The stream ended before it began.');
    return this.#last;
  }

  [Symbol.asyncIterator](): AsyncGenerator<StreamEvent, void, undefined> {
    return this.#watch({ isEndWanted: false });
  }

  async *#watch({ isEndWanted }: { readonly isEndWanted: boolean }): AsyncGenerator<StreamEvent, void, undefined> {
    const signal = this.#options.signal ?? new AbortController().signal;
    let failures = 0;
    while (this.#last === undefined || !isTerminal(this.#last)) {
      const before = this.#last;
      const end = yield* this.#visit(signal);
      signal.throwIfAborted();
      if (end === undefined) return;
      if (end.type === 'nothing-left') {
        if (before === undefined && !isEndWanted) return;
        // What the cursor counts is not there any more: the stream was lost, and ended shorter than it had been.
        this.#cursor = undefined;
      }
      failures = this.#last === before ? failures + 1 : 1;
      const waitMs = Math.max(end.afterMs ?? 0, backoffMs(failures));
      this.#options.onReconnect?.({ attempt: failures, waitMs, reason: end.reason });
      await pause(waitMs, signal);
    }
  }

  /** One connection, to its end or its loss; undefined: to the end of the stream. */
  async *#visit(signal: AbortSignal): AsyncGenerator<StreamEvent, VisitEnd | undefined, undefined> {
    const { fetch: own = fetch, headers = {} } = this.#options;
    let visiting: ReturnType<typeof visit> | undefined;
    try {
      const shown = await this.#access.show();
      const sent = { ...headers, ...shown.headers };
      visiting = visit({ url: this.#url(shown.query), after: this.#cursor, headers: sent, fetch: own, signal });
      for (;;) {
        const { done, value } = await visiting.next();
        if (done === true) return value;
        this.#access.opened();
        await this.#take(value);
        yield value;
        if (isTerminal(value)) return undefined;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Error && error.name === 'StreamError')) return { type: 'again', reason: error };
      if (!isUnauthenticated(error) || !this.#access.refused()) throw error;
      return { type: 'again', reason: error };
    } finally {
      await visiting?.return({ type: 'again', reason: 'nobody reads on' }).catch(() => undefined);
    }
  }

  #url(shown: Readonly<Record<string, string>>): string {
    const { url, executionId, types } = this.#options;
    const query = new URLSearchParams({ ...(types === undefined ? {} : { types: types.join(',') }), ...shown });
    const rest = query.size === 0 ? '' : `?${query.toString()}`;
    return `${url.replace(/(?<!\/)\/+$/, '')}/agent-stream/${encodeURIComponent(executionId)}${rest}`;
  }

  async #take(event: StreamEvent): Promise<void> {
    const before = this.#shown;
    if (event.eventType === 'completed') this.#isVerified = await this.#compared(event);
    if (event.eventType === 'attempt_started') this.#hasBeginning = true;
    if (event.eventType === 'content_chunk') this.#hasBeginning &&= isSameAttempt(before, event);
    this.#shown = showEvent(before, event);
    this.#last = event;
    this.#cursor = event.sequence;
    this.#view = { text: this.#shown.text, last: event, status: statusAfter(event) };
    tellAll(this.#listeners);
  }

  async #compared(completed: CompletedBody): Promise<boolean | undefined> {
    const { text } = this.#shown;
    // No chunk at all: they were not wanted, or the stream was answered from what is stored.
    if (!this.#hasBeginning || (text === '' && completed.length > 0)) return undefined;
    return await isAnswer(text, completed);
  }
}

/**
 * Watches one execution: see WatchedExecution. Nothing is requested before it is iterated.
 *
 * @example
 * ```ts
 * import { watchExecution } from 'circuit-breaker/client';
 *
 * const watched = watchExecution({ url: 'http://127.0.0.1:4000', executionId: 'doc-42:ai_review:1' });
 * watched.subscribe(() => {
 *   console.log(watched.view.text);
 * });
 * const end = await watched.finished();
 * if (end.eventType === 'failed') console.error(end.errorCode, end.error);
 * ```
 */
export function watchExecution(options: WatchOptions): WatchedExecution {
  return new WatchedExecution(options);
}

function isUnauthenticated(error: Error): boolean {
  return 'code' in error && error.code === 'UNAUTHENTICATED';
}

function statusAfter({ eventType }: StreamEvent): ExecutionView['status'] {
  return eventType === 'completed' || eventType === 'failed' ? eventType : 'streaming';
}

/** Half of it by chance, so that the viewers of a server that was away do not come back all at once. */
function backoffMs(failures: number): number {
  const most = Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), LONGEST_WAIT_MS);
  return most / 2 + Math.random() * (most / 2);
}

async function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, waitMs);
    signal.addEventListener('abort', stop, { once: true });
  });
}
