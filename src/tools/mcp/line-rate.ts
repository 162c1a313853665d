const SECOND_MS = 1000;

/** Counts lines as they come, second by second. */
export class LineRate {
  readonly #mostInASecond: number;
  #lines = 0;
  #since = -Infinity;

  constructor(mostInASecond: number) {
    this.#mostInASecond = mostInASecond;
  }

  /** Whether with these there are more than a second may have. `nowMs` is of any clock that never goes back. */
  isExceededBy(lines: number, nowMs: number): boolean {
    if (nowMs - this.#since >= SECOND_MS) {
      this.#since = nowMs;
      this.#lines = 0;
    }
    this.#lines += lines;
    return this.#lines > this.#mostInASecond;
  }
}
