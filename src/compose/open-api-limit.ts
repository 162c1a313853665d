import type { RateLimit } from '../limits/rate-limit.js';
import type { ProcessParts } from './run-process.js';

/** How often each caller may ask, as the configuration says; undefined where it says nothing. What counts is loaded now. */
export async function openApiLimit({ config, logger, resources }: ProcessParts): Promise<RateLimit | undefined> {
  const { apiRateLimitPerMinute: perMinute, rateLimitUrl: url } = config;
  if (perMinute === undefined) return undefined;
  if (url === undefined) {
    const { LocalRateLimit } = await import('../limits/local-rate-limit.js');
    return new LocalRateLimit(perMinute);
  }
  const { RedisRateLimit } = await import('../limits/redis-rate-limit.js');
  const open = () => RedisRateLimit.open({ perMinute, url, logger });
  return await resources.open('the limit of the API', open, async (limit) => {
    limit.close();
    await Promise.resolve();
  });
}
