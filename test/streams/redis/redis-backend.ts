import { createClient } from '@redis/client';

import { EntryLog } from '../../../src/streams/entries/entry-log.js';
import { connectRedis } from '../../../src/streams/redis/redis-connection.js';
import { RedisEntries } from '../../../src/streams/redis/redis-entries.js';
import type { StreamLog } from '../../../src/streams/stream-log.js';
import { MemoryLogger } from '../../support/memory-logger.js';
import { testRedisUrl } from '../../support/redis.js';
import type { StreamBackend } from '../contract/stream-backend.js';

const DATABASE = 9;

/** Stream logs on a database of the test server that is emptied first, and a way to lose what they have stored. */
export async function redisBackend(): Promise<StreamBackend> {
  const url = testRedisUrl(DATABASE);
  const admin = createClient({ url });
  await admin.connect();
  await admin.flushDb();
  const connections = await Promise.all(
    Array.from({ length: 4 }, () => connectRedis(url, { logger: new MemoryLogger() })),
  );
  for (const { subscriber } of connections) subscriber.setMaxListeners(0);
  const logs: StreamLog[] = [];
  return {
    openLog: () => {
      const connection = connections[logs.length % connections.length];
      if (connection === undefined) throw new Error('no connection');
      const log = new EntryLog(new RedisEntries(connection));
      logs.push(log);
      return log;
    },
    forget: async (executionId, from) => {
      const key = `{circuit-breaker}:stream:${executionId}`;
      const entries = (await admin.xRange(key, '-', '+')) as readonly { id: string; message: Record<string, string> }[];
      await admin.del(key);
      for (const entry of entries) {
        if (firstOf(entry.message['h'] ?? '') < from) await admin.xAdd(key, entry.id, entry.message);
      }
    },
    close: async () => {
      await Promise.all(logs.map((log) => log.shutdown()));
      await admin.flushDb();
      for (const connection of connections) connection.close();
      admin.destroy();
    },
  };
}

function firstOf(head: string): number {
  return (JSON.parse(head) as readonly number[])[0] ?? 0;
}
