import type { AuditEntry } from '../core/audit/audit-entry.js';
import type { ToolApproval } from '../core/executions/tool-approval.js';
import type { DefinitionChanges } from './definition-store.js';
import type { ListPosition } from './page-cursor.js';

/** An entry of the audit with its number among those of one subject: 1, 2, 3 … */
export interface NumberedEntry {
  readonly number: number;
  readonly entry: AuditEntry;
}

/** What became of definitions that are saved in two servers. The first word stands. */
export type BatchOutcome = 'saved' | 'given-up';

/**
 * What the storage of everything else does for agents, conversations and executions that are kept in another server. Where two servers
 * are concerned, what is decided here holds.
 */
export interface AgentsHome {
  /** Tells the audit what it has not been told of the subject yet: by their numbers, however often and by whom it is asked. */
  tellOnce(subject: string, entries: readonly NumberedEntry[]): Promise<void>;
  /**
   * Saves the changes that concern no agent, and with them that the batch is saved: all in one step. False, and nothing is saved, where
   * somebody else has stored one of these versions meanwhile, or has given the batch up.
   */
  saveBatch(batch: string, changes: Omit<DefinitionChanges, 'agents' | 'deletedAgents'>): Promise<boolean>;
  /** Undefined: nobody has decided it. */
  outcomeOf(batch: string): Promise<BatchOutcome | undefined>;
  /** Gives a batch up that nobody has decided. Resolves with what is decided. */
  giveUp(batch: string): Promise<BatchOutcome>;
  /** Of a batch that no agent knows any more. */
  forgetBatch(batch: string): Promise<void>;
  /** The calls that no person has decided, whatever became of their executions: who waits longest comes first. */
  listUndecided(after: ListPosition | undefined, limit: number): Promise<readonly ToolApproval[]>;
  /** Of an execution that has ended: nobody is asked about its calls any more. */
  stopWaiting(executionId: string): Promise<void>;
  /** Notes at a time (RFC 3339) that executions are deleted. */
  noteDeleted(executionIds: readonly string[], now: string): Promise<void>;
  isDeleted(executionId: string): Promise<boolean>;
  /** As of the store of executions. */
  listDeleted(deletedBefore: string, limit: number): Promise<readonly string[]>;
  forgetDeleted(executionIds: readonly string[]): Promise<void>;
  /** Of executions that are not there any more: removes what is known of their calls, answers that serve others, and what the audit was told of them. */
  removeCalls(executionIds: readonly string[]): Promise<void>;
}
