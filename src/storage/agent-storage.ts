import type { Starter } from '../core/audit/execution-entries.js';
import type { Agent } from '../core/agents/agent.js';
import type { AgentExecution } from '../core/executions/execution.js';
import type { AgentStore } from './agent-store.js';
import type { ConversationStore } from './conversation-store.js';
import type { ExecutionStore } from './execution-store.js';

/** What of all that it acknowledged a server loses when it is killed, or its machine loses its power. */
export type Loss = 'nothing' | 'a-second' | 'since-the-last-snapshot' | 'everything' | 'unknown';

/** What a backend for agents cannot do. */
export interface AgentStorageLimits {
  readonly mayLose: Loss;
  /** Of one record as it is sent, in bytes; absent: more than anything that we store. */
  readonly longestRecord?: number;
}

/** What becomes of agents when definitions are saved. */
export interface AgentChanges {
  /** New versions, each the next one of its id. */
  readonly agents: readonly Agent[];
  readonly deletedAgents: readonly string[];
}

/** Agents whose changes are prepared first, and hold from the moment at which their batch is saved at home. */
export interface PreparingAgentStore extends AgentStore {
  /**
   * Notes all changes, for nobody to see yet. False where one of the versions is another by now, or somebody else keeps preparing;
   * what was noted of it is taken back then.
   */
  prepare(batch: string, changes: AgentChanges): Promise<boolean>;
  /** Makes them last, or takes them back, as the batch was decided. What is not done here is done by whoever comes across it. */
  conclude(batch: string, changes: AgentChanges): Promise<void>;
}

/** Executions whose changes carry along what the audit has to be told of them, until it is. */
export interface TellingExecutionStore extends Omit<ExecutionStore, 'listDeleted' | 'forgetDeleted'> {
  /** As `create`, and leaves what is to be told to `tell`. */
  createUntold(execution: AgentExecution, by?: Starter): Promise<AgentExecution>;
  /** Tells what was not told of an execution. What fails is left to `tellLeftOver`. */
  tell(id: string): Promise<void>;
  /** Tells what somebody did not get to: he died, or the audit was away. Resolves with how much there was, at most so many. */
  tellLeftOver(limit: number): Promise<number>;
}

/** Agents, conversations and executions, in a server of their own. */
export interface AgentStorage {
  readonly agents: PreparingAgentStore;
  readonly conversations: ConversationStore;
  readonly executions: TellingExecutionStore;
  readonly limits: AgentStorageLimits;
  /** Answers when the server does; throws UNAVAILABLE otherwise. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
