import { placeOfRedis } from '../backends/redis/redis-place.js';
import type { Config } from '../config.js';

/** How often callers may ask, and workers call models, in words. */
export function shownLimits(config: Config): string {
  return `${ofCallers(config)}; ${ofModels(config)}`;
}

function ofCallers({ apiRateLimitPerMinute: limit, rateLimitUrl: url }: Config): string {
  if (limit === undefined) return 'callers ask as often as they like (API_RATE_LIMIT_PER_MINUTE)';
  const where = url === undefined ? 'each API process' : placeOfRedis(url);
  return `${limit} requests a minute for each caller, counted by ${where}`;
}

function ofModels({ rateLimitPerMinute: limit }: Config): string {
  if (limit === undefined) return 'models are called as often as agents need them (RATE_LIMIT_PER_MINUTE)';
  return `${limit} calls of models a minute for all workers`;
}
