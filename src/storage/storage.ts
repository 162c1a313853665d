import type { AgentStore } from './agent-store.js';
import type { AlertStore } from './alert-store.js';
import type { AnswerCacheStore } from './answer-cache-store.js';
import type { AuditStore } from './audit-store.js';
import type { BreakerStore } from './breaker-store.js';
import type { BudgetStore } from './budget-store.js';
import type { BatchStore } from './batch-store.js';
import type { ConversationStore } from './conversation-store.js';
import type { DefinitionStore } from './definition-store.js';
import type { ExecutionStore } from './execution-store.js';
import type { PlaceAgentStore } from './place-agent-store.js';
import type { ProviderKeyStore } from './provider-key-store.js';
import type { RolloutStore } from './rollout-store.js';
import type { TemporalHomeStore } from './temporal-home-store.js';
import type { TokenStore } from './token-store.js';
import type { ToolStore } from './tool-store.js';
import type { WorkerPresence } from './worker-presence.js';
import type { WorkflowStore } from './workflow-store.js';

/** All stores of one backend. Opened once per process, where the process is composed. */
export interface Storage {
  readonly agents: AgentStore;
  readonly alerts: AlertStore;
  readonly answerCache: AnswerCacheStore;
  readonly audit: AuditStore;
  readonly breakers: BreakerStore;
  readonly budgets: BudgetStore;
  readonly batches: BatchStore;
  readonly conversations: ConversationStore;
  readonly definitions: DefinitionStore;
  readonly executions: ExecutionStore;
  readonly placeAgents: PlaceAgentStore;
  readonly providerKeys: ProviderKeyStore;
  readonly rollouts: RolloutStore;
  readonly temporalHome: TemporalHomeStore;
  readonly tokens: TokenStore;
  readonly tools: ToolStore;
  readonly workflows: WorkflowStore;
  /** Absent: one process has the storage for itself. */
  readonly presence?: WorkerPresence;
  /** Does what a process that died has left half done between two servers; nothing where all is in one. Safe to repeat. */
  catchUp(): Promise<void>;
  /** Answers when the backend does; throws UNAVAILABLE otherwise. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
