import type { SqlConnection } from '../../src/backends/postgres/sql-connection.js';
import { PostgresAgentStore } from '../../src/storage/postgres/agents.js';
import { PostgresAlertStore } from '../../src/storage/postgres/alerts.js';
import { PostgresAnswerCacheStore } from '../../src/storage/postgres/answer-cache.js';
import { PostgresAuditStore } from '../../src/storage/postgres/audit.js';
import { PostgresBreakerStore } from '../../src/storage/postgres/breakers.js';
import { PostgresBudgetStore } from '../../src/storage/postgres/budgets.js';
import { PostgresBatchStore } from '../../src/storage/postgres/batches.js';
import { PostgresConversationStore } from '../../src/storage/postgres/conversations.js';
import { PostgresDefinitionStore } from '../../src/storage/postgres/definitions.js';
import { PostgresExecutionStore } from '../../src/storage/postgres/executions.js';
import { PostgresPlaceAgentStore } from '../../src/storage/postgres/place-agents.js';
import { PostgresProviderKeyStore } from '../../src/storage/postgres/provider-keys.js';
import { PostgresRolloutStore } from '../../src/storage/postgres/rollouts.js';
import { PostgresTemporalHomeStore } from '../../src/storage/postgres/temporal-home.js';
import { PostgresTokenStore } from '../../src/storage/postgres/tokens.js';
import { PostgresToolStore } from '../../src/storage/postgres/tools.js';
import { PostgresWorkflowStore } from '../../src/storage/postgres/workflows.js';
import type { Storage } from '../../src/storage/storage.js';

/** Storage on a migrated database, and the statements that it has sent. */
export interface CountedStorage {
  readonly storage: Storage;
  /** Texts, in the order in which they were sent. */
  readonly statements: string[];
}

export function countedStorage(sql: SqlConnection): CountedStorage {
  const statements: string[] = [];
  const counted: SqlConnection = {
    outlivesProcess: sql.outlivesProcess,
    query: (statement) => {
      // Said a moment after a token was recorded, whenever that is.
      if (!statement.text.includes('pg_notify')) statements.push(statement.text);
      return sql.query(statement);
    },
    listen: (channel, listener) => sql.listen(channel, listener),
    close: () => sql.close(),
  };
  const tools = new PostgresToolStore(counted);
  const storage: Storage = {
    agents: new PostgresAgentStore(counted),
    alerts: new PostgresAlertStore(counted),
    answerCache: new PostgresAnswerCacheStore(counted),
    audit: new PostgresAuditStore(counted),
    breakers: new PostgresBreakerStore(counted),
    budgets: new PostgresBudgetStore(counted),
    batches: new PostgresBatchStore(counted),
    conversations: new PostgresConversationStore(counted),
    definitions: new PostgresDefinitionStore(counted),
    executions: new PostgresExecutionStore(counted, tools),
    placeAgents: new PostgresPlaceAgentStore(counted),
    providerKeys: new PostgresProviderKeyStore(counted),
    rollouts: new PostgresRolloutStore(counted),
    temporalHome: new PostgresTemporalHomeStore(counted),
    tokens: new PostgresTokenStore(counted),
    tools,
    workflows: new PostgresWorkflowStore(counted),
    catchUp: () => Promise.resolve(),
    ping: () => Promise.resolve(),
    close: () => sql.close(),
  };
  return { storage, statements };
}
