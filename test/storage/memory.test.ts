import { openStorage } from '../../src/storage/open-storage.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { storageContract } from './contract/storage-contract.js';

storageContract('memory', async () => {
  const { storage } = await openStorage('memory:', { logger: new MemoryLogger() });
  return { storage, close: () => storage.close() };
});
