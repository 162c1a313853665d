import { CircuitBreakerError } from '../core/errors.js';
import type { AgentsHome } from './agents-home.js';
import { MemoryAgentsHome } from './memory/agents-home.js';
import { MemoryAgentStore } from './memory/agents.js';
import { MemoryAlertStore } from './memory/alerts.js';
import { MemoryAnswerCacheStore } from './memory/answer-cache.js';
import { MemoryAuditStore } from './memory/audit.js';
import { MemoryBreakerStore } from './memory/breakers.js';
import { MemoryBudgetStore } from './memory/budgets.js';
import { MemoryBatchStore } from './memory/batches.js';
import { MemoryConversationStore } from './memory/conversations.js';
import { MemoryDefinitionStore } from './memory/definitions.js';
import { MemoryDeletedExecutions } from './memory/deleted-executions.js';
import { MemoryExecutionStore } from './memory/executions.js';
import { MemoryPlaceAgentStore } from './memory/place-agents.js';
import { MemoryProviderKeyStore } from './memory/provider-keys.js';
import { MemoryRolloutStore } from './memory/rollouts.js';
import { MemoryTemporalHomeStore } from './memory/temporal-home.js';
import { MemoryTokenStore } from './memory/tokens.js';
import { MemoryToolStore } from './memory/tools.js';
import { MemoryWorkflowStore } from './memory/workflows.js';
import { PostgresAgentsHome } from './postgres/agents-home.js';
import { PostgresAgentStore } from './postgres/agents.js';
import { PostgresAlertStore } from './postgres/alerts.js';
import { PostgresAnswerCacheStore } from './postgres/answer-cache.js';
import { PostgresAuditStore } from './postgres/audit.js';
import { PostgresBreakerStore } from './postgres/breakers.js';
import { PostgresBudgetStore } from './postgres/budgets.js';
import { PostgresBatchStore } from './postgres/batches.js';
import { PostgresConversationStore } from './postgres/conversations.js';
import { PostgresDefinitionStore } from './postgres/definitions.js';
import { PostgresExecutionStore } from './postgres/executions.js';
import { openSql } from '../backends/postgres/open-sql.js';
import { PostgresPlaceAgentStore } from './postgres/place-agents.js';
import type { SqlConnection } from '../backends/postgres/sql-connection.js';
import { PostgresProviderKeyStore } from './postgres/provider-keys.js';
import { PostgresRolloutStore } from './postgres/rollouts.js';
import { PostgresTemporalHomeStore } from './postgres/temporal-home.js';
import { PostgresTokenStore } from './postgres/tokens.js';
import { PostgresToolStore } from './postgres/tools.js';
import { PostgresWorkerPresence } from './postgres/worker-presence.js';
import { PostgresWorkflowStore } from './postgres/workflows.js';
import type { Storage } from './storage.js';

export interface OpenedStorage {
  readonly storage: Storage;
  /** What it does for agents that are kept elsewhere. */
  readonly home: AgentsHome;
  /** The database connection behind it, for a stream log in the same database. */
  readonly sql: SqlConnection | undefined;
}

export interface OpenStorageOptions {
  readonly logger: { warn(facts: object, message: string): void };
  /** Tables are not brought up to date: UNAVAILABLE where they are not. */
  readonly isOnlyRead?: boolean;
}

/**
 * Opens the storage that a URL names, with its tables brought up to date. Throws VALIDATION_FAILED for a URL that names
 * none, UNAVAILABLE for one that cannot be reached or is in use.
 */
export async function openStorage(url: string, options: OpenStorageOptions): Promise<OpenedStorage> {
  const scheme = /^([a-z]+):/.exec(url)?.[1] ?? '';
  switch (scheme) {
    case 'memory':
      return storageInMemory();
    case 'pglite':
    case 'postgres':
    case 'postgresql':
      return storageOn(await openSql(url, options));
    default: {
      const message = `STORAGE_URL is "${scheme}…": it may be pglite:FOLDER, postgres://user:password@host:port/database or memory:`;
      throw new CircuitBreakerError('VALIDATION_FAILED', message);
    }
  }
}

function storageOn(sql: SqlConnection): OpenedStorage {
  const definitions = new PostgresDefinitionStore(sql);
  const tools = new PostgresToolStore(sql);
  const storage: Storage = {
    agents: new PostgresAgentStore(sql),
    alerts: new PostgresAlertStore(sql),
    answerCache: new PostgresAnswerCacheStore(sql),
    audit: new PostgresAuditStore(sql),
    breakers: new PostgresBreakerStore(sql),
    budgets: new PostgresBudgetStore(sql),
    batches: new PostgresBatchStore(sql),
    conversations: new PostgresConversationStore(sql),
    definitions,
    executions: new PostgresExecutionStore(sql, tools),
    placeAgents: new PostgresPlaceAgentStore(sql),
    providerKeys: new PostgresProviderKeyStore(sql),
    rollouts: new PostgresRolloutStore(sql),
    temporalHome: new PostgresTemporalHomeStore(sql),
    tokens: new PostgresTokenStore(sql),
    tools,
    workflows: new PostgresWorkflowStore(sql),
    ...(sql.openSession === undefined ? {} : { presence: new PostgresWorkerPresence(sql.openSession) }),
    catchUp: () => Promise.resolve(),
    ping: async () => {
      await sql.query({ text: 'select 1', values: [] });
    },
    close: () => sql.close(),
  };
  return { storage, sql, home: new PostgresAgentsHome(sql, { definitions, tools }) };
}

function storageInMemory(): OpenedStorage {
  const audit = new MemoryAuditStore();
  const budgets = new MemoryBudgetStore(audit);
  const deleted = new MemoryDeletedExecutions((ids) => {
    tools.removeCalls(ids);
    budgets.removeCalls(ids);
    answerCache.removeOf(ids);
    batches.removeOf(ids);
  });
  const batches = new MemoryBatchStore();
  const answerCache = new MemoryAnswerCacheStore((id) => deleted.has(id));
  const conversations = new MemoryConversationStore((id) => executions.haveConversation(id));
  const executions: MemoryExecutionStore = new MemoryExecutionStore({ audit, conversations, deleted });
  const tokens = new MemoryTokenStore(executions, audit);
  const agents = new MemoryAgentStore();
  const placeAgents = new MemoryPlaceAgentStore((agent) => {
    rollouts.forget(agent);
  });
  const rollouts: MemoryRolloutStore = new MemoryRolloutStore((workflowId) => {
    placeAgents.note(workflowId);
  });
  const workflows = new MemoryWorkflowStore((id, version) => tokens.hasActive(id, version));
  const definitions = new MemoryDefinitionStore({ agents, workflows, placeAgents });
  const tools = new MemoryToolStore(executions, audit);
  const storage: Storage = {
    agents,
    alerts: new MemoryAlertStore(),
    answerCache,
    audit,
    breakers: new MemoryBreakerStore(),
    budgets,
    batches,
    conversations,
    definitions,
    executions,
    providerKeys: new MemoryProviderKeyStore(),
    rollouts,
    temporalHome: new MemoryTemporalHomeStore(),
    placeAgents,
    tokens,
    tools,
    workflows,
    catchUp: () => Promise.resolve(),
    ping: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  return { storage, sql: undefined, home: new MemoryAgentsHome({ audit, definitions, deleted, tools }) };
}
