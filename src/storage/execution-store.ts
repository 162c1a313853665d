import type { Starter } from '../core/audit/execution-entries.js';
import type { AgentExecution, EndedStatus, ExecutionStatus } from '../core/executions/execution.js';
import type { AgentUseId } from '../core/definitions/rollout.js';
import type { ExecutionOutline } from '../core/executions/execution-outline.js';
import type { TurnClaim, TurnToStore } from '../core/executions/turn-claim.js';
import type { JsonValue } from '../core/json/json.js';
import type { Ended, EndedPage } from './ended.js';
import type { Page, PageRequest } from './page.js';
import type { WorkflowLimit } from './workflow-limit.js';

export interface ExecutionFilter extends WorkflowLimit {
  readonly status?: ExecutionStatus;
  readonly agentId?: string;
  readonly workflowId?: string;
  readonly tokenId?: string;
  /** Of one workflow: what they ran for. */
  readonly use?: AgentUseId;
  /** createdAt at or after, RFC 3339. */
  readonly since?: string;
  /** createdAt before, RFC 3339. */
  readonly before?: string;
}

/** What of an execution may change. */
export type ExecutionChange = Partial<Omit<AgentExecution, 'id' | 'createdAt'>>;

export interface EndedExecution {
  readonly execution: AgentExecution;
  /** It ended by this. False: it had ended before, and is as it was. */
  readonly isNews: boolean;
}

/** How executions are deleted. */
export interface ExecutionDeletion {
  /** RFC 3339. */
  readonly now: string;
  /**
   * What becomes of the conversations that they had: deleted with them, whoever else had a part in them; or left to
   * `ConversationStore.deleteUnused`.
   */
  readonly conversations: 'delete' | 'leave';
}

export interface DeletedExecutions {
  /** How many there were. */
  readonly deleted: number;
  /** Those that have not ended: they are as they were. */
  readonly alive: readonly string[];
}

/** Executions and their finished turns. */
export interface ExecutionStore {
  /**
   * Stores a new execution, and tells the audit of its start. When the id is there already, nothing is written and what is stored
   * comes back. `by`: `system` unless it is said. Throws ALREADY_EXISTS for one that was deleted, until that is forgotten.
   */
  create(execution: AgentExecution, by?: Starter): Promise<AgentExecution>;
  /**
   * Merges the changed fields into the stored execution and returns it; tells the audit of calls of models that have come to an
   * end, and of its own. An execution that has ended changes only in
   * `lastSequence`: its status, answer and times stay. Throws NOT_FOUND.
   */
  update(id: string, change: ExecutionChange): Promise<AgentExecution>;
  /** As `update`; of several that end the same execution it is news to one. */
  end(id: string, change: ExecutionChange & { readonly status: EndedStatus }): Promise<EndedExecution>;
  get(id: string): Promise<AgentExecution | undefined>;
  /** One for each id, in the order of the ids; undefined where there is none. Ids may repeat. */
  getMany(ids: readonly string[]): Promise<readonly (AgentExecution | undefined)[]>;
  list(filter: ExecutionFilter, page: PageRequest): Promise<Page<AgentExecution>>;
  /** The same list, of each at least its outline. */
  listOutlines(filter: ExecutionFilter, page: PageRequest): Promise<Page<ExecutionOutline>>;
  /**
   * From now on no earlier attempt of the same series stores this turn: it was taken for lost, and may only have been frozen. Gives
   * what such a one had stored before. Safe to repeat.
   */
  claimTurn(executionId: string, turn: number, claim: TurnClaim): Promise<JsonValue | undefined>;
  /**
   * Keeps the result of a finished turn. The first result for (execution, turn) stays; it is what comes back. Undefined, and nothing
   * is stored, where a later attempt has claimed the turn.
   */
  storeTurn(executionId: string, turn: number, finished: TurnToStore): Promise<JsonValue | undefined>;
  getTurn(executionId: string, turn: number): Promise<JsonValue | undefined>;
  /**
   * Ended executions whose stream is not known to be closed (no `lastSequence`), oldest first, but for those in `except`:
   * what the sweep works on.
   */
  listUnclosed(limit: number, except?: readonly string[]): Promise<readonly AgentExecution[]>;
  /** Ids of executions that ended before a time (RFC 3339), oldest end first, whose closed stream its log still holds. */
  listExpiredStreams(endedBefore: string, limit: number, except?: readonly string[]): Promise<readonly string[]>;
  /** Notes that the log no longer holds these streams. To close a stream again takes the note back. */
  markStreamsRemoved(ids: readonly string[]): Promise<void>;
  /** Executions without a token that ended before a time (RFC 3339), the oldest end first. */
  listEndedAlone(endedBefore: string, page: EndedPage): Promise<readonly Ended[]>;
  /**
   * Removes executions that have ended, with their turns and all that is known of their calls of tools; their streams are others' to
   * remove. What is left of those that are not there, as somebody has written it late, goes as well. Safe to repeat.
   */
  delete(ids: readonly string[], how: ExecutionDeletion): Promise<DeletedExecutions>;
  /** Ids of executions that were deleted before a time, until they are forgotten. */
  listDeleted(deletedBefore: string, limit: number): Promise<readonly string[]>;
  forgetDeleted(ids: readonly string[]): Promise<void>;
}
