import { constants } from 'node:os';

/** Why a process is to end: a signal; SIGPIPE stands for output that nobody reads any more, or a terminal that is gone. */
export type EndReason = (typeof SIGNALS)[number] | 'SIGPIPE';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A terminal and npm both pass Ctrl-C on: what comes so soon behind the first is no second wish. */
const SAME_WISH_MS = 500;

/**
 * Listens, from its construction on, for signals and for the loss of the output, and says whether the process is to
 * end. A second signal ends the process at once, unless it comes so soon that it is the same wish.
 */
export class EndRequest {
  readonly #abort = new AbortController();
  readonly #listeners: readonly (readonly [signal: NodeJS.Signals, listen: () => void])[];
  #reason: EndReason | undefined;
  #askedAtMs = 0;

  constructor() {
    this.#listeners = SIGNALS.map((signal) => [
      signal,
      () => {
        this.#ask(signal);
      },
    ]);
    for (const [signal, listen] of this.#listeners) process.on(signal, listen);
    // For good: whatever is still written there would otherwise be an uncaught error.
    for (const output of [process.stdout, process.stderr]) output.on('error', this.outputLost);
  }

  /** The first reason; absent: the process may go on. */
  get reason(): EndReason | undefined {
    return this.#reason;
  }

  /** Aborted as soon as there is a reason. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Resolves when there is a reason. */
  async received(): Promise<void> {
    if (this.signal.aborted) return;
    await new Promise((resolve) => {
      this.signal.addEventListener('abort', resolve, { once: true });
    });
  }

  /** Called by others that write to stdout or stderr when nobody reads it any more. */
  readonly outputLost = (): void => {
    this.#reason ??= 'SIGPIPE';
    this.#abort.abort();
  };

  /** Stops listening: signals have their usual effect again. */
  release(): void {
    for (const [signal, listen] of this.#listeners) process.off(signal, listen);
  }

  #ask(signal: (typeof SIGNALS)[number]): void {
    const isAgain = this.#askedAtMs > 0 && performance.now() - this.#askedAtMs > SAME_WISH_MS;
    if (isAgain) process.exit(exitCodeOf(signal));
    if (this.#askedAtMs === 0) this.#askedAtMs = performance.now();
    this.#reason ??= signal;
    this.#abort.abort();
  }
}

/** What a shell says of a process that a signal has ended. */
export function exitCodeOf(reason: EndReason): number {
  return 128 + constants.signals[reason];
}

/** For a command that has nothing to close: it ends, without a word, when nobody reads what it says. */
export function exitWhenUnread(): void {
  for (const output of [process.stdout, process.stderr]) output.on('error', () => process.exit(exitCodeOf('SIGPIPE')));
}
