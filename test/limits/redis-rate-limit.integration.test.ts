import { afterEach, describe, expect, it } from 'vitest';

import { RedisRateLimit } from '../../src/limits/redis-rate-limit.js';
import { eventually } from '../support/eventually.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { canTestRedis } from '../support/redis.js';
import { RedisServer } from '../support/redis-server.js';

describe.runIf(await canTestRedis())('a limit in Redis', () => {
  let server: RedisServer;
  const opened: RedisRateLimit[] = [];
  const logger = new MemoryLogger();

  afterEach(async () => {
    for (const limit of opened.splice(0)) limit.close();
    await server.stop();
  });

  async function open(perMinute: number): Promise<RedisRateLimit> {
    const limit = await RedisRateLimit.open({ perMinute, url: server.url, logger });
    opened.push(limit);
    return limit;
  }

  it('is one for all who use the server, and one for each caller', async () => {
    server = await RedisServer.start({ keepsData: false });
    const [one, other] = [await open(3), await open(3)];
    const taken = [await one.take('a'), await other.take('a'), await one.take('a')];
    expect(taken).toEqual([undefined, undefined, undefined]);
    expect(await other.take('a')).toBeGreaterThan(0);
    expect(await one.take('a')).toBeLessThanOrEqual(60);
    expect(await other.take('b')).toBeUndefined();
  });

  it(
    'is counted in each process while the server is away or frozen, which is said once',
    { tags: ['limits-away', 'on-redis'] },
    async () => {
      server = await RedisServer.start({ keepsData: false });
      const limit = await open(2);
      for (const interrupt of [() => server.freeze(), () => server.kill()]) {
        server.thaw();
        const who = interrupt.toString();
        await interrupt();
        await eventually(async () => {
          expect(await limit.take(who)).toBeGreaterThan(0);
        });
      }
      expect(logger.lines.filter((line) => JSON.stringify(line).includes('API_RATE_LIMIT_PER_MINUTE'))).toHaveLength(1);
      await server.startAgain();
      const other = await open(2);
      // It is asked again by itself: what one counts the other knows.
      await eventually(async () => {
        const who = crypto.randomUUID();
        await limit.take(who);
        await limit.take(who);
        expect(await other.take(who)).toBeGreaterThan(0);
      });
    },
  );
});
