import type { StreamEvent } from '../core/streams/stream-event.js';
import { tellAll } from './listeners.js';
import { StreamError } from './stream-error.js';
import { watchExecution, type ExecutionView, type WatchOptions } from './watch-execution.js';

/** What is known of an execution, and of watching it. A switch over `status` meets every case. */
export type ExecutionState = ExecutionSoFar | ExecutionCompleted | ExecutionRefused;

interface ExecutionSoFar extends ExecutionView {
  readonly status: 'waiting' | 'streaming' | 'failed';
}

interface ExecutionCompleted extends ExecutionView {
  readonly status: 'completed';
  /**
   * Whether the chunks that came were the stored answer, by length and hash; absent where there was nothing to compare,
   * as without `content_chunk` among the types. `text` is the stored one in any case.
   */
  readonly isVerified?: boolean;
}

/** The server has refused for good: nothing more will come. */
interface ExecutionRefused {
  readonly status: 'refused';
  /** What had come before. */
  readonly text: string;
  readonly last?: StreamEvent;
  readonly error: StreamError;
}

export const WAITING: ExecutionState = { text: '', status: 'waiting' };

/**
 * An execution that is watched as long as somebody listens. `state` is the same object until listeners are told; they
 * are told once for all that arrived together, not once for each event.
 *
 * When the last listener leaves, the connection is closed. A later listener begins anew from the first event, unless
 * the execution is over.
 */
export class ExecutionStore {
  readonly #options: Omit<WatchOptions, 'signal'>;
  #state: ExecutionState = WAITING;
  #watching: AbortController | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(options: Omit<WatchOptions, 'signal'>) {
    this.#options = options;
  }

  readonly state = (): ExecutionState => this.#state;

  /** Returns what ends it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#watching === undefined && !isOver(this.#state)) {
      this.#watching = new AbortController();
      void this.#watch(this.#watching.signal);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#watching?.abort();
      this.#watching = undefined;
    };
  };

  async #watch(signal: AbortSignal): Promise<void> {
    // Who leaves in the same breath, as every component does once in React's StrictMode, costs no request.
    await Promise.resolve();
    if (signal.aborted) return;
    const watched = watchExecution({ ...this.#options, signal });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = (state: ExecutionState) => {
      clearTimeout(timer);
      timer = undefined;
      if (signal.aborted) return;
      this.#state = state;
      tellAll(this.#listeners);
    };
    watched.subscribe(() => {
      timer ??= setTimeout(() => {
        tell(stateOf(watched.view, watched.isVerified));
      }, 0);
    });
    try {
      await watched.finished();
    } catch (error) {
      if (!(error instanceof StreamError)) return;
      const { text, last } = watched.view;
      tell({ status: 'refused', text, ...(last && { last }), error });
    }
  }
}

function stateOf({ status, ...rest }: ExecutionView, isVerified: boolean | undefined): ExecutionState {
  if (status !== 'completed') return { ...rest, status };
  return { ...rest, status, ...(isVerified !== undefined && { isVerified }) };
}

function isOver({ status }: ExecutionState): boolean {
  return status === 'completed' || status === 'failed' || status === 'refused';
}
