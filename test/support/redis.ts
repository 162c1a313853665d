import { createClient } from '@redis/client';

const SERVER_URL = process.env['TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379';

/** Keeps test files that run side by side apart, as far as a server with 16 databases does. */
export function testRedisUrl(database: number): string {
  const url = new URL(SERVER_URL);
  url.pathname = `/${database}`;
  return url.href;
}

/** Whether tests on Redis can run. With CI=true they must: then they fail instead of being skipped. */
export async function canTestRedis(): Promise<boolean> {
  const client = createClient({ url: SERVER_URL, socket: { connectTimeout: 30_000, reconnectStrategy: false } });
  client.on('error', () => undefined);
  try {
    await client.connect();
    client.destroy();
    return true;
  } catch {
    if (process.env['CI'] === 'true') return true;
    console.warn('Skipped: no Redis at its standard port (set TEST_REDIS_URL where it is elsewhere).');
    return false;
  }
}
