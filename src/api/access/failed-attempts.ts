import { setTimeout as delay } from 'node:timers/promises';

import { LRUCache } from 'lru-cache';

import { CircuitBreakerError } from '../../core/errors.js';
import { networkOf } from './network-of.js';

export interface FailedAttemptsOptions {
  /** So many of an address are answered at once. */
  readonly atOnce: number;
  /** So many are forgotten in a second. */
  readonly forgottenPerSecond: number;
  /** Each beyond those at once is answered so much later than the one before. */
  readonly stepMs: number;
  /** No later than this. */
  readonly longestMs: number;
  /** So many of all addresses wait for their answer, and so many of each. */
  readonly mostWaiting: number;
  readonly mostWaitingOfOne: number;
  /** In milliseconds; it never goes back. */
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
}

const USUAL: FailedAttemptsOptions = {
  atOnce: 50,
  forgottenPerSecond: 10,
  stepMs: 20,
  longestMs: 2000,
  mostWaiting: 1000,
  mostWaitingOfOne: 50,
  now: () => performance.now(),
  wait: (ms) => delay(ms, undefined, { ref: false }),
};

/** As many addresses are remembered. Who has more of them is slowed down by each only when it comes again soon. */
const MOST_ADDRESSES = 10_000;

interface Failures {
  count: number;
  at: number;
  waiting: number;
}

/**
 * Slows down those who show what opens nothing, by their address: the more often, the later they hear so. Whoever shows what opens is
 * not asked how often others failed. What is kept and who waits has bounds, however many come.
 */
export class FailedAttempts {
  readonly #options: FailedAttemptsOptions;
  readonly #failures = new LRUCache<string, Failures>({ max: MOST_ADDRESSES });
  #waiting = 0;

  constructor(options: Partial<FailedAttemptsOptions> = {}) {
    this.#options = { ...USUAL, ...options };
  }

  /** Resolves when one that failed is to be answered. Throws RATE_LIMITED, at once, where too many wait already. */
  async slowDown(address: string): Promise<void> {
    const { mostWaiting, mostWaitingOfOne, stepMs, wait } = this.#options;
    const failures = this.#count(networkOf(address));
    const waitMs = this.#beyond(failures) * stepMs;
    if (waitMs <= 0) return;
    if (this.#waiting >= mostWaiting || failures.waiting >= mostWaitingOfOne) throw this.#refusal(failures);
    this.#waiting += 1;
    failures.waiting += 1;
    await wait(waitMs);
    this.#waiting -= 1;
    failures.waiting -= 1;
  }

  #count(network: string): Failures {
    const { atOnce, forgottenPerSecond, longestMs, stepMs } = this.#options;
    const now = this.#options.now();
    const failures = this.#failures.get(network) ?? { count: 0, at: now, waiting: 0 };
    const forgotten = ((now - failures.at) / 1000) * forgottenPerSecond;
    failures.count = Math.min(Math.max(failures.count - forgotten, 0) + 1, atOnce + longestMs / stepMs);
    failures.at = now;
    this.#failures.set(network, failures);
    return failures;
  }

  #beyond({ count }: Failures): number {
    return Math.ceil(count - this.#options.atOnce);
  }

  #refusal(failures: Failures): CircuitBreakerError {
    const seconds = Math.max(Math.ceil(this.#beyond(failures) / this.#options.forgottenPerSecond), 1);
    const message = `Too much that opens nothing was shown from your address: wait for ${seconds} seconds, or show a token that is known, which opens at once.`;
    return new CircuitBreakerError('RATE_LIMITED', message, { retryAfterSeconds: seconds });
  }
}
