/** From then on whoever waits is told so. */
const TOLD_AFTER_MS = 5000;
/** Several times as long as a server of ours takes for what takes longest, a page of a migration. */
export const ANSWER_LIMIT_MS = 120_000;

interface Waiting {
  /** Ends the wait, too. */
  readonly ending: AbortSignal;
  /** Without a sign of the server's. */
  readonly limitMs: number;
  /** Called once, when the wait is long. */
  readonly tell: () => void;
}

/** The wait for an answer: told of when it is long, and not for ever. */
export class AnswerWait {
  readonly #limit = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #telling: NodeJS.Timeout;
  /** Aborted when the answer is not waited for any more. */
  readonly signal: AbortSignal;

  constructor({ ending, limitMs, tell }: Waiting) {
    this.signal = AbortSignal.any([ending, this.#limit.signal]);
    this.#timer = setTimeout(() => {
      this.#limit.abort();
    }, limitMs);
    this.#telling = setTimeout(tell, Math.min(TOLD_AFTER_MS, limitMs / 2));
  }

  /** Whether the limit has ended it. */
  get isOver(): boolean {
    return this.#limit.signal.aborted;
  }

  /** The server has given a sign: the limit begins anew. */
  heard(): void {
    this.#timer.refresh();
  }

  /** Has to be called when the answer is there, or is not wanted any more. */
  end(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#telling);
  }
}
