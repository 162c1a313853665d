import { withAgentsElsewhere } from '../../src/storage/elsewhere/agents-elsewhere.js';
import { openAgentStorage } from '../../src/storage/open-agent-storage.js';
import { openStorage } from '../../src/storage/open-storage.js';
import type { OpenForTest } from '../storage/contract/storage-contract.js';
import { MemoryLogger } from './memory-logger.js';
import { canTestPostgres, createTestDatabase } from './postgres.js';

/** A storage whose agents are kept by a URL; the rest is on PostgreSQL where there is one, and else in memory. */
export async function openWithAgentsAt(url: string): Promise<OpenForTest> {
  const logger = new MemoryLogger();
  const database = (await canTestPostgres()) ? await createTestDatabase() : undefined;
  const { storage: main, home } = await openStorage(database?.url ?? 'memory:', { logger });
  const storage = withAgentsElsewhere(main, home, await openAgentStorage(url, { home, logger }));
  return {
    storage,
    close: async () => {
      await storage.close();
      await database?.drop();
    },
  };
}
