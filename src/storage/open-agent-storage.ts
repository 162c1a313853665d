import { parsedUrl } from '../core/parsed-url.js';
import { CircuitBreakerError } from '../core/errors.js';
import type { AgentStorage, AgentStorageLimits, Loss } from './agent-storage.js';
import type { AgentsHome } from './agents-home.js';
import { RecordAgentStore } from './records/record-agents.js';
import { RecordConversationStore } from './records/record-conversations.js';
import { RecordExecutionStore } from './records/record-executions.js';
import type { RecordStore } from './records/record-store.js';

export interface OpenAgentStorageOptions {
  /** What the storage of everything else does for it. */
  readonly home: AgentsHome;
  readonly logger: { warn(facts: object, message: string): void };
}

/**
 * Opens the storage of agents, conversations and executions that AGENT_STORAGE_URL names, and warns of what it may lose. Throws
 * VALIDATION_FAILED for a URL that names none, UNAVAILABLE for a server that cannot be reached or is not fit. The driver of its backend
 * is loaded now, and no other.
 */
export async function openAgentStorage(url: string, { home, logger }: OpenAgentStorageOptions): Promise<AgentStorage> {
  const records = await openRecords(url, logger);
  const { mayLose } = records.limits;
  if (mayLose !== 'nothing') logger.warn({ mayLose }, `agents, conversations and executions: ${wordsOfLoss(mayLose)}`);
  return agentStorageOn(records, home);
}

/** Opens the server that AGENT_STORAGE_URL names, and closes it again: what it cannot do. Throws as `openAgentStorage` does. */
export async function lookAtAgentStorage(url: string): Promise<AgentStorageLimits> {
  const records = await openRecords(url, { warn: () => undefined });
  await records.close();
  return records.limits;
}

/** What a server keeps that keeps records. */
export function agentStorageOn(records: RecordStore, home: AgentsHome): AgentStorage {
  const conversations = new RecordConversationStore(records);
  return {
    agents: new RecordAgentStore(records, home),
    conversations,
    executions: new RecordExecutionStore(records, home, conversations),
    limits: records.limits,
    ping: () => records.ping(),
    close: () => records.close(),
  };
}

/** For whoever starts a process, or asks the doctor. */
export function wordsOfLoss(loss: Loss): string {
  switch (loss) {
    case 'nothing':
      return 'a crash of their server loses nothing that it has acknowledged.';
    case 'a-second':
      return 'a crash of their server may lose the last second; `appendfsync always` loses nothing.';
    case 'since-the-last-snapshot':
      return 'a crash of their server loses all since its last snapshot; `appendonly yes` and `appendfsync always` lose nothing.';
    case 'everything':
      return 'their server writes nothing to its disk, and loses all of it when it ends; `appendonly yes` and `appendfsync always` lose nothing.';
    case 'unknown':
      return 'their server does not say when it writes to its disk, so that a loss of power may cost what it has acknowledged last.';
  }
}

async function openRecords(url: string, logger: OpenAgentStorageOptions['logger']): Promise<RecordStore> {
  const scheme = /^([a-z]+):/.exec(url)?.[1] ?? '';
  switch (parsedUrl(url) === undefined ? '' : scheme) {
    case 'redis':
    case 'rediss': {
      const { openRedisRecords } = await import('./redis/open-redis-records.js');
      return await openRedisRecords(url, { logger });
    }
    case 'nats':
    case 'tls': {
      const { openNatsRecords } = await import('./nats/open-nats-records.js');
      return await openNatsRecords(url, { logger });
    }
    default: {
      const message = `AGENT_STORAGE_URL is "${scheme}…": it may be redis://user:password@host:port/database, rediss://…, nats://user:password@host:port/bucket or tls://…; unset, agents are where everything else is.`;
      throw new CircuitBreakerError('VALIDATION_FAILED', message);
    }
  }
}
