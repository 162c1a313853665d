import { isAway } from '../core/errors.js';

interface WatchParts {
  /** The server, in words without a secret. */
  readonly place: string;
  readonly logger: { warn(facts: object, message: string): void };
}

/** A server that takes reads and no writes answers and fails in turn: it is well when it has not failed for so long. */
const WELL_AFTER_MS = 5000;

/**
 * Says of one server that it cannot be used, each time that somebody finds it so (the log keeps of that what is news), and once
 * that it can be again. Says nothing before its first answer: then whoever opens it is told.
 */
export class ServerWatch {
  readonly #parts: WatchParts;
  #hasAnswered = false;
  #awaySinceMs: number | undefined;
  #well: NodeJS.Timeout | undefined;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  /** Passes on what comes of a question to the server. */
  async over<Answer>(question: Promise<Answer>): Promise<Answer> {
    try {
      const answer = await question;
      this.#answered();
      return answer;
    } catch (error) {
      this.failed(error);
      throw error;
    }
  }

  /** Of errors other than UNAVAILABLE nothing is said: they are about the question. */
  failed(error: unknown): void {
    if (!this.#hasAnswered || !isAway(error) || !(error instanceof Error)) return;
    clearTimeout(this.#well);
    this.#well = undefined;
    this.#awaySinceMs ??= performance.now();
    const facts = { code: 'UNAVAILABLE', message: error.message };
    this.#parts.logger.warn(facts, 'a server cannot be used: what needs it waits, and is tried again');
  }

  /** From now on nothing is said: it is we who leave. */
  end(): void {
    this.#hasAnswered = false;
    clearTimeout(this.#well);
  }

  #answered(): void {
    this.#hasAnswered = true;
    const since = this.#awaySinceMs;
    if (since === undefined || this.#well !== undefined) return;
    const seconds = Math.ceil((performance.now() - since) / 1000);
    this.#well = setTimeout(() => {
      this.#awaySinceMs = undefined;
      this.#well = undefined;
      this.#parts.logger.warn({ seconds }, `${this.#parts.place} can be used again, after ${seconds} s`);
    }, WELL_AFTER_MS).unref();
  }
}
