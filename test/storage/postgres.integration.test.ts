import { describe } from 'vitest';

import { openStorage } from '../../src/storage/open-storage.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { canTestPostgres, createTestDatabase } from '../support/postgres.js';
import { storageContract } from './contract/storage-contract.js';

describe.skipIf(!(await canTestPostgres()))('with a server', () => {
  storageContract('PostgreSQL', async () => {
    const database = await createTestDatabase();
    const { storage } = await openStorage(database.url, { logger: new MemoryLogger() });
    return {
      storage,
      close: async () => {
        await storage.close();
        await database.drop();
      },
    };
  });
});
