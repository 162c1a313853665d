import { RateLimiterMemory, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible';

import type { RateLimit } from './rate-limit.js';

export const MINUTE_SECONDS = 60;

/** Counted in the memory of this process. */
export class LocalRateLimit implements RateLimit {
  readonly #limiter: RateLimiterMemory;

  constructor(perMinute: number) {
    this.#limiter = new RateLimiterMemory({ points: perMinute, duration: MINUTE_SECONDS });
  }

  take(who: string): Promise<number | undefined> {
    return takeFrom(this.#limiter, who);
  }
}

/** Rejects where the count cannot be had. */
export async function takeFrom(
  limiter: Pick<RateLimiterAbstract, 'consume'>,
  who: string,
): Promise<number | undefined> {
  try {
    await limiter.consume(who);
    return undefined;
  } catch (refused) {
    if (!(refused instanceof RateLimiterRes)) throw refused;
    return Math.min(Math.max(Math.ceil(refused.msBeforeNext / 1000), 1), MINUTE_SECONDS);
  }
}
