import { changeEntries, startEntry, type Starter } from '../../core/audit/execution-entries.js';
import { notFound } from '../../core/errors.js';
import { isEnded, type AgentExecution } from '../../core/executions/execution.js';
import { heldClaim, isOutdated, type TurnClaim, type TurnToStore } from '../../core/executions/turn-claim.js';
import type { JsonValue } from '../../core/json/json.js';
import { storable } from '../../core/json/well-formed-text.js';
import { changedExecution, endedBy, type ExecutionStep } from '../changed-execution.js';
import { deletedExecution } from '../deleted-execution.js';
import type { Ended, EndedPage } from '../ended.js';
import type {
  DeletedExecutions,
  EndedExecution,
  ExecutionChange,
  ExecutionDeletion,
  ExecutionFilter,
  ExecutionStore,
} from '../execution-store.js';
import type { Page, PageRequest } from '../page.js';
import { isWanted } from '../wanted-execution.js';
import type { MemoryAuditStore } from './audit.js';
import type { MemoryConversationStore } from './conversations.js';
import type { MemoryDeletedExecutions } from './deleted-executions.js';
import { endedPage } from './ended-page.js';
import { memoryPage } from './memory-page.js';
import { newestFirst } from './newest-first.js';

interface MemoryExecutionParts {
  readonly audit: Pick<MemoryAuditStore, 'tellNow'>;
  readonly conversations: Pick<MemoryConversationStore, 'leave' | 'remove'>;
  readonly deleted: MemoryDeletedExecutions;
}

export class MemoryExecutionStore implements ExecutionStore {
  readonly #executions = new Map<string, AgentExecution>();
  readonly #turns = new Map<string, { readonly result?: JsonValue; readonly claim?: TurnClaim }>();
  /** Executions whose stream has been removed from its log. */
  readonly #removed = new Set<string>();
  readonly #audit: Pick<MemoryAuditStore, 'tellNow'>;
  readonly #parts: MemoryExecutionParts;

  constructor(parts: MemoryExecutionParts) {
    this.#audit = parts.audit;
    this.#parts = parts;
  }

  create(execution: AgentExecution, by?: Starter): Promise<AgentExecution> {
    const { id } = execution;
    const before = this.#executions.get(id);
    if (before === undefined && this.#parts.deleted.has(id)) return Promise.reject(deletedExecution(id));
    const stored = before ?? storable(execution);
    this.#executions.set(id, stored);
    if (before === undefined) this.#audit.tellNow([startEntry(stored, by)]);
    return Promise.resolve(stored);
  }

  async update(id: string, change: ExecutionChange): Promise<AgentExecution> {
    return (await this.#change(id, change)).after;
  }

  async end(id: string, change: ExecutionChange): Promise<EndedExecution> {
    return endedBy(await this.#change(id, change));
  }

  #change(id: string, change: ExecutionChange): Promise<ExecutionStep> {
    const before = this.#executions.get(id);
    if (before === undefined) return Promise.reject(notFound('execution', id));
    const after = changedExecution(before, change);
    this.#executions.set(id, after);
    this.#audit.tellNow(changeEntries(before, after));
    this.#removed.delete(id);
    return Promise.resolve({ before, after });
  }

  get(id: string): Promise<AgentExecution | undefined> {
    return Promise.resolve(this.#executions.get(id));
  }

  getMany(ids: readonly string[]): Promise<readonly (AgentExecution | undefined)[]> {
    return Promise.all(ids.map((id) => this.get(id)));
  }

  list(filter: ExecutionFilter, page: PageRequest): Promise<Page<AgentExecution>> {
    const { since, before } = filter;
    const wanted = [...this.#executions.values()].filter(
      (one) =>
        isWanted(one, filter) &&
        (since === undefined || one.createdAt >= since) &&
        (before === undefined || one.createdAt < before),
    );
    return memoryPage(wanted, page);
  }

  listOutlines(filter: ExecutionFilter, page: PageRequest): Promise<Page<AgentExecution>> {
    return this.list(filter, page);
  }

  claimTurn(executionId: string, turn: number, made: TurnClaim): Promise<JsonValue | undefined> {
    const key = JSON.stringify([executionId, turn]);
    const before = this.#turns.get(key);
    this.#turns.set(key, { ...before, claim: heldClaim(before?.claim, made) });
    return Promise.resolve(before?.result);
  }

  storeTurn(executionId: string, turn: number, { result, claim }: TurnToStore): Promise<JsonValue | undefined> {
    const key = JSON.stringify([executionId, turn]);
    const before = this.#turns.get(key);
    const isTaken = claim !== undefined && before?.claim !== undefined && isOutdated(claim, before.claim);
    if (before?.result === undefined && !isTaken) this.#turns.set(key, { ...before, result: storable(result) });
    return this.getTurn(executionId, turn);
  }

  getTurn(executionId: string, turn: number): Promise<JsonValue | undefined> {
    return Promise.resolve(this.#turns.get(JSON.stringify([executionId, turn]))?.result);
  }

  listUnclosed(limit: number, except: readonly string[] = []): Promise<readonly AgentExecution[]> {
    const unclosed = [...this.#executions.values()].filter(
      ({ id, status, lastSequence }) => isEnded(status) && lastSequence === undefined && !except.includes(id),
    );
    return Promise.resolve(unclosed.sort((left, right) => newestFirst(right, left)).slice(0, limit));
  }

  listExpiredStreams(endedBefore: string, limit: number, except: readonly string[] = []): Promise<readonly string[]> {
    const expired = [...this.#executions.values()].filter(
      (one) =>
        one.lastSequence !== undefined &&
        !this.#removed.has(one.id) &&
        endOf(one) < endedBefore &&
        !except.includes(one.id),
    );
    const oldestFirst = expired.sort((left, right) => endOf(left).localeCompare(endOf(right)));
    return Promise.resolve(oldestFirst.slice(0, limit).map(({ id }) => id));
  }

  markStreamsRemoved(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#removed.add(id);
    return Promise.resolve();
  }

  /** Of a token that is recorded, which may have been deleted and begun anew. */
  put(execution: AgentExecution): AgentExecution {
    const before = this.#executions.get(execution.id);
    const stored = before ?? storable(execution);
    this.#executions.set(stored.id, stored);
    if (before === undefined) this.#audit.tellNow([startEntry(stored)]);
    return stored;
  }

  listEndedAlone(endedBefore: string, page: EndedPage): Promise<readonly Ended[]> {
    const alone = [...this.#executions.values()].filter(
      ({ status, tokenId }) => isEnded(status) && tokenId === undefined,
    );
    const ended = alone.map((one) => ({ id: one.id, endedAt: endOf(one) }));
    return Promise.resolve(endedPage(ended, endedBefore, page));
  }

  delete(ids: readonly string[], { now, conversations }: ExecutionDeletion): Promise<DeletedExecutions> {
    const there = [...new Set(ids)].flatMap((id) => this.#executions.get(id) ?? []);
    const ended = there.filter(({ status }) => isEnded(status));
    const alive = there.filter((one) => !ended.includes(one)).map(({ id }) => id);
    const gone = ids.filter((id) => !alive.includes(id));
    for (const { id } of ended) this.#executions.delete(id);
    for (const [key] of this.#turns) {
      const [executionId] = JSON.parse(key) as [string, number];
      if (gone.includes(executionId)) this.#turns.delete(key);
    }
    for (const id of gone) this.#removed.delete(id);
    for (const { conversationId } of ended) {
      if (conversations === 'delete') this.#parts.conversations.remove(conversationId);
      else this.#parts.conversations.leave(conversationId);
    }
    this.#parts.deleted.removeCalls(gone);
    this.#parts.deleted.note(
      ended.map(({ id }) => id),
      now,
    );
    return Promise.resolve({ deleted: ended.length, alive });
  }

  listDeleted(deletedBefore: string, limit: number): Promise<readonly string[]> {
    return Promise.resolve(this.#parts.deleted.list(deletedBefore, limit));
  }

  forgetDeleted(ids: readonly string[]): Promise<void> {
    this.#parts.deleted.forget(ids);
    return Promise.resolve();
  }

  /** For the store of conversations, which keeps what is had. */
  haveConversation(conversationId: string): boolean {
    return [...this.#executions.values()].some((one) => one.conversationId === conversationId);
  }
}

function endOf({ completedAt, createdAt }: AgentExecution): string {
  return completedAt ?? createdAt;
}
