import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openStorage } from '../../src/storage/open-storage.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { storageContract } from './contract/storage-contract.js';

storageContract('PGlite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pglite-'));
  const { storage } = await openStorage(`pglite:${join(folder, 'storage')}`, { logger: new MemoryLogger() });
  return {
    storage,
    close: async () => {
      await storage.close();
      await rm(folder, { recursive: true });
    },
  };
});
