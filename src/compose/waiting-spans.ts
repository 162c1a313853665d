/** While spans are dropped, the log says so so often. */
const TOLD_EVERY_MS = 60_000;

interface Logger {
  warn(facts: object, message: string): void;
}

interface WaitingParts {
  /** So many spans may wait for a collector. */
  readonly most: number;
  readonly logger: Logger;
  /** Absent: the clock of the machine, in milliseconds. */
  readonly nowMs?: () => number;
}

/**
 * Bounds how many spans wait for a collector. Spans that belong together wait together or are dropped together, so that none hangs from one
 * that was dropped. The log says at once when this begins, then once a minute for as long as it goes on, and how many they were, also of those that
 * were dropped last.
 */
export class WaitingSpans {
  readonly #most: number;
  readonly #logger: Logger;
  readonly #nowMs: () => number;
  #waiting = 0;
  #untold = 0;
  #toldAtMs = -Infinity;
  #later: NodeJS.Timeout | undefined;

  constructor({ most, logger, nowMs = () => performance.now() }: WaitingParts) {
    this.#most = most;
    this.#logger = logger;
    this.#nowMs = nowMs;
  }

  /** Whether so many spans, which belong together, may wait. Where not, they are counted as dropped. */
  enter(spans: number): boolean {
    if (this.#waiting + spans <= this.#most) {
      this.#waiting += spans;
      return true;
    }
    this.#untold += spans;
    const restMs = this.#toldAtMs + TOLD_EVERY_MS - this.#nowMs();
    if (restMs <= 0) this.#tell();
    else
      this.#later ??= setTimeout(() => {
        this.end();
      }, restMs).unref();
    return false;
  }

  /** So many of those that waited are on their way. */
  leave(spans: number): void {
    this.#waiting -= spans;
  }

  /** Says how many were dropped of which nothing was said yet. */
  end(): void {
    if (this.#untold > 0) this.#tell();
  }

  #tell(): void {
    clearTimeout(this.#later);
    this.#later = undefined;
    this.#logger.warn(
      { dropped: this.#untold, mayWait: this.#most },
      'spans of traces are dropped: more of them wait for the collector than may (OTEL_BSP_MAX_QUEUE_SIZE)',
    );
    this.#untold = 0;
    this.#toldAtMs = this.#nowMs();
  }
}
