import { CircuitBreakerError } from '../../core/errors.js';

/** Each costs memory for as long as it is open: some 20 KB, and a file descriptor. */
const MAX_OPEN = 10_000;

/** How many connections that stay open this process has: sockets of every kind, and event streams. */
export class OpenStreams {
  readonly #max: number;
  #open = 0;

  constructor(max = MAX_OPEN) {
    this.#max = max;
  }

  get count(): number {
    return this.#open;
  }

  /** Counts one more, until what it returns is called. Throws UNAVAILABLE when there are as many as this process takes. */
  enter(): () => void {
    if (this.#open >= this.#max) {
      const message = `This server has ${this.#max} open streams and takes no more: try again later, or another server.`;
      throw new CircuitBreakerError('UNAVAILABLE', message, { retryAfterSeconds: 5 });
    }
    this.#open += 1;
    let isOpen = true;
    return () => {
      if (isOpen) this.#open -= 1;
      isOpen = false;
    };
  }
}
