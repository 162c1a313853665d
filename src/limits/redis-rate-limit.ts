import { RateLimiterRedis, RLWrapperTimeouts } from 'rate-limiter-flexible';

import { newRedisClient, type RedisClient } from '../backends/redis/redis-client.js';
import { placeOfRedis } from '../backends/redis/redis-place.js';
import { LocalRateLimit, MINUTE_SECONDS, takeFrom } from './local-rate-limit.js';
import type { RateLimit } from './rate-limit.js';

export interface RedisRateLimitOptions {
  readonly perMinute: number;
  readonly url: string;
  readonly logger: { warn(facts: object, message: string): void };
}

/** A server that takes longer is taken to be away. */
const ANSWERS_WITHIN_MS = 1000;
/** One that is away is asked again after so long, by one caller; all others are counted here meanwhile. */
const ASK_AGAIN_MS = 1000;
const SAY_AGAIN_MS = 60_000;

/** Counted in Redis, for all processes that use the same server and database; while it is away, in the memory of each. */
export class RedisRateLimit implements RateLimit {
  readonly #options: RedisRateLimitOptions;
  readonly #client: RedisClient;
  readonly #shared: RLWrapperTimeouts;
  readonly #local: LocalRateLimit;
  #askAgainAt = -Infinity;
  #sayAgainAt = -Infinity;

  private constructor(client: RedisClient, options: RedisRateLimitOptions) {
    const { perMinute } = options;
    this.#options = options;
    this.#client = client;
    const limiter = new RateLimiterRedis({
      storeClient: this.#client,
      useRedisPackage: true,
      keyPrefix: 'circuit-breaker:api-calls',
      points: perMinute,
      duration: MINUTE_SECONDS,
      // Whoever is over the limit costs Redis nothing more.
      inMemoryBlockOnConsumed: perMinute + 1,
    });
    this.#shared = new RLWrapperTimeouts({ limiter, timeoutMs: ANSWERS_WITHIN_MS });
    this.#local = new LocalRateLimit(perMinute);
  }

  /** Resolves once the server has been reached, or could not be: it is waited for by nobody. */
  static async open(options: RedisRateLimitOptions): Promise<RedisRateLimit> {
    const client = newRedisClient(options.url, { startsWithout: true });
    const tried = new Promise((resolve) => client.once('ready', resolve).on('error', resolve));
    client.connect().catch(() => undefined);
    await tried;
    return new RedisRateLimit(client, options);
  }

  async take(who: string): Promise<number | undefined> {
    const now = performance.now();
    if (now < this.#askAgainAt) return await this.#local.take(who);
    const wasAway = this.#askAgainAt > -Infinity;
    if (wasAway) this.#askAgainAt = now + ASK_AGAIN_MS;
    try {
      const seconds = await takeFrom(this.#shared, who);
      this.#askAgainAt = -Infinity;
      return seconds;
    } catch (error) {
      this.#isAway(error);
      return await this.#local.take(who);
    }
  }

  close(): void {
    this.#client.destroy();
  }

  #isAway(error: unknown): void {
    const now = performance.now();
    this.#askAgainAt = now + ASK_AGAIN_MS;
    if (now < this.#sayAgainAt) return;
    this.#sayAgainAt = now + SAY_AGAIN_MS;
    const place = placeOfRedis(this.#options.url);
    const message = `${place} cannot be used: API_RATE_LIMIT_PER_MINUTE is counted in this process alone until it can`;
    this.#options.logger.warn({ err: error }, message);
  }
}
