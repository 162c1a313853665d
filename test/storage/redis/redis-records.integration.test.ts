import { createClient } from '@redis/client';
import { describe } from 'vitest';

import { canTestRedis, testRedisUrl } from '../../support/redis.js';
import { openWithAgentsAt } from '../../support/agents-elsewhere.js';
import { storageContract } from '../contract/storage-contract.js';

const DATABASE = 8;

describe.skipIf(!(await canTestRedis()))('with a server', () => {
  storageContract('PostgreSQL with agents on Redis', async () => {
    const url = testRedisUrl(DATABASE);
    const admin = await createClient({ url }).connect();
    await admin.flushDb();
    const opened = await openWithAgentsAt(url);
    return {
      storage: opened.storage,
      close: async () => {
        await opened.close();
        await admin.flushDb();
        admin.destroy();
      },
    };
  });
});
