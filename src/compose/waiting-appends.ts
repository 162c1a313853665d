/** Longer than a writer pauses between two tries: who has not come again by then has given up. */
const GIVEN_UP_MS = 5000;

interface Waiting {
  readonly since: number;
  /** Calls of the backend that it waits for. */
  calls: number;
  triedAt: number;
}

/**
 * For how long streams have waited to be written: each from the first try until one is taken. What a backend refuses, or
 * lets hang, is tried again and again, and every try by itself takes some seconds only.
 */
export class WaitingAppends {
  readonly #now: () => number;
  readonly #waiting = new Map<string, Waiting>();

  /** `now`: in milliseconds, from anywhere. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  began(executionId: string): void {
    const waiting = this.#waiting.get(executionId) ?? { since: this.#now(), calls: 0, triedAt: 0 };
    waiting.calls += 1;
    this.#waiting.set(executionId, waiting);
  }

  /** `isOver`: nothing of it is to be tried again. */
  ended(executionId: string, isOver: boolean): void {
    const waiting = this.#waiting.get(executionId);
    if (waiting === undefined) return;
    waiting.calls -= 1;
    waiting.triedAt = this.#now();
    if (isOver) this.#waiting.delete(executionId);
  }

  /** In milliseconds, of the one that waits the longest; 0 where none does. */
  oldestMs(): number {
    const now = this.#now();
    let oldest = now;
    for (const [executionId, { since, calls, triedAt }] of this.#waiting) {
      if (calls === 0 && now - triedAt > GIVEN_UP_MS) this.#waiting.delete(executionId);
      else oldest = Math.min(oldest, since);
    }
    return now - oldest;
  }
}
