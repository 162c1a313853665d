import { LRUCache } from 'lru-cache';

import { isAway } from '../core/errors.js';

const FIRST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 3_600_000;
/**
 * More than these are not remembered: those that are forgotten are tried sooner than they should be, and told of
 * again.
 */
const MOST_REMEMBERED = 10_000;

interface RetryLaterParts {
  readonly now: () => string;
  /** Called with what went wrong when one fails for the first time. */
  readonly onFirstFailure: (id: string, error: unknown) => void;
}

interface Failed {
  readonly failures: number;
  readonly dueMs: number;
}

/** What could not be set right waits, longer each time, so that it does not stand in the way of what can. */
export class RetryLater {
  readonly #parts: RetryLaterParts;
  readonly #failed = new LRUCache<string, Failed>({ max: MOST_REMEMBERED });

  constructor(parts: RetryLaterParts) {
    this.#parts = parts;
  }

  /** The ids whose time has not come. */
  get waiting(): readonly string[] {
    return [...this.#failed.keys()].filter((id) => this.#isWaiting(id));
  }

  /**
   * Runs one repair and resolves with whether it succeeded; one that still has to wait is not tried. Throws
   * UNAVAILABLE when a backend is away: then all have to wait.
   */
  async attempt(id: string, run: () => Promise<unknown>): Promise<boolean> {
    if (this.#isWaiting(id)) return false;
    try {
      await run();
      this.#failed.delete(id);
      return true;
    } catch (error) {
      if (isAway(error)) throw error;
      this.#remember(id, error);
      return false;
    }
  }

  #isWaiting(id: string): boolean {
    return (this.#failed.peek(id)?.dueMs ?? -Infinity) > this.#nowMs();
  }

  #remember(id: string, error: unknown): void {
    const failures = this.#failed.get(id)?.failures ?? 0;
    const waitMs = Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS);
    this.#failed.set(id, { failures: failures + 1, dueMs: this.#nowMs() + waitMs });
    if (failures === 0) this.#parts.onFirstFailure(id, error);
  }

  #nowMs(): number {
    return Date.parse(this.#parts.now());
  }
}
