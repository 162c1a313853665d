import { newRedisClient } from '../../backends/redis/redis-client.js';
import { shownLimits } from '../../compose/shown-limits.js';
import type { Config } from '../../config.js';
import { wordsOf } from '../../core/errors.js';
import { note, ok, type Finding } from './finding.js';

const SUBJECT = 'Limits';

/** How often callers may ask, and whether what counts them for all API processes can be reached. */
export async function checkLimits(config: Config): Promise<readonly Finding[]> {
  const { rateLimitUrl: url, trustedProxies } = config;
  const limits = shownLimits(config);
  const proxies =
    trustedProxies.length === 0 ? '' : `; ${trustedProxies.join(', ')} may say where a request comes from`;
  const text = `${limits.charAt(0).toUpperCase()}${limits.slice(1)}${proxies}.`;
  const away = url === undefined ? undefined : await whyAway(url);
  if (away === undefined) return [ok(SUBJECT, text)];
  const advice = 'Each API process counts by itself until it can be reached: see RATE_LIMIT_URL.';
  return [note(SUBJECT, `${text}\nRedis cannot be reached (${away}). ${advice}`)];
}

async function whyAway(url: string): Promise<string | undefined> {
  const client = newRedisClient(url);
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.ping();
    return undefined;
  } catch (error) {
    return wordsOf(error);
  } finally {
    client.destroy();
  }
}
