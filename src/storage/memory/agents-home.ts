import type { ToolApproval } from '../../core/executions/tool-approval.js';
import type { AgentsHome, BatchOutcome, NumberedEntry } from '../agents-home.js';
import type { DefinitionChanges } from '../definition-store.js';
import type { ListPosition } from '../page-cursor.js';
import type { MemoryAuditStore } from './audit.js';
import type { MemoryDefinitionStore } from './definitions.js';
import type { MemoryDeletedExecutions } from './deleted-executions.js';
import type { MemoryToolStore } from './tools.js';

interface Stores {
  readonly audit: Pick<MemoryAuditStore, 'tellNow'>;
  readonly definitions: MemoryDefinitionStore;
  readonly deleted: MemoryDeletedExecutions;
  readonly tools: Pick<MemoryToolStore, 'listUndecided'>;
}

export class MemoryAgentsHome implements AgentsHome {
  readonly #stores: Stores;
  readonly #told = new Map<string, number>();
  readonly #outcomes = new Map<string, BatchOutcome>();

  constructor(stores: Stores) {
    this.#stores = stores;
  }

  tellOnce(subject: string, entries: readonly NumberedEntry[]): Promise<void> {
    const told = this.#told.get(subject) ?? 0;
    const untold = entries.filter(({ number }) => number > told);
    this.#stores.audit.tellNow(untold.map(({ entry }) => entry));
    this.#told.set(subject, Math.max(told, untold.at(-1)?.number ?? 0));
    return Promise.resolve();
  }

  async saveBatch(batch: string, changes: Omit<DefinitionChanges, 'agents' | 'deletedAgents'>): Promise<boolean> {
    if (this.#outcomes.has(batch)) return false;
    const saving = this.#stores.definitions.save({ ...changes, agents: [], deletedAgents: [] });
    const isSaved = await saving;
    if (isSaved) this.#outcomes.set(batch, 'saved');
    return isSaved;
  }

  outcomeOf(batch: string): Promise<BatchOutcome | undefined> {
    return Promise.resolve(this.#outcomes.get(batch));
  }

  giveUp(batch: string): Promise<BatchOutcome> {
    const outcome = this.#outcomes.get(batch) ?? 'given-up';
    this.#outcomes.set(batch, outcome);
    return Promise.resolve(outcome);
  }

  forgetBatch(batch: string): Promise<void> {
    this.#outcomes.delete(batch);
    return Promise.resolve();
  }

  listUndecided(after: ListPosition | undefined, limit: number): Promise<readonly ToolApproval[]> {
    return Promise.resolve(this.#stores.tools.listUndecided(after, limit));
  }

  noteDeleted(executionIds: readonly string[], now: string): Promise<void> {
    this.#stores.deleted.note(executionIds, now);
    return Promise.resolve();
  }

  isDeleted(executionId: string): Promise<boolean> {
    return Promise.resolve(this.#stores.deleted.has(executionId));
  }

  listDeleted(deletedBefore: string, limit: number): Promise<readonly string[]> {
    return Promise.resolve(this.#stores.deleted.list(deletedBefore, limit));
  }

  forgetDeleted(executionIds: readonly string[]): Promise<void> {
    this.#stores.deleted.forget(executionIds);
    return Promise.resolve();
  }

  removeCalls(executionIds: readonly string[]): Promise<void> {
    this.#stores.deleted.removeCalls(executionIds);
    for (const id of executionIds) this.#told.delete(id);
    return Promise.resolve();
  }

  /** It is asked for what waits, one by one. */
  stopWaiting(): Promise<void> {
    return Promise.resolve();
  }
}
