import { withAgentsElsewhere } from '../../../src/storage/elsewhere/agents-elsewhere.js';
import { agentStorageOn } from '../../../src/storage/open-agent-storage.js';
import { openStorage } from '../../../src/storage/open-storage.js';
import { MemoryLogger } from '../../support/memory-logger.js';
import { MemoryRecords } from '../../support/memory-records.js';
import { storageContract } from '../contract/storage-contract.js';

storageContract('memory, with agents in records elsewhere', async () => {
  const { storage: main, home } = await openStorage('memory:', { logger: new MemoryLogger() });
  const storage = withAgentsElsewhere(main, home, agentStorageOn(new MemoryRecords(), home));
  return { storage, close: () => storage.close() };
});
