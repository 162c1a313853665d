import { changeEntries, startEntry, type Starter } from '../../core/audit/execution-entries.js';
import { notFound } from '../../core/errors.js';
import { isEnded, type AgentExecution } from '../../core/executions/execution.js';
import type { JsonValue } from '../../core/json/json.js';
import { storable } from '../../core/json/well-formed-text.js';
import { changedExecution } from '../changed-execution.js';
import type { ExecutionFilter, ExecutionStore } from '../execution-store.js';
import type { Page, PageRequest } from '../page.js';
import { isWithin } from '../workflow-limit.js';
import type { MemoryAuditStore } from './audit.js';
import { memoryPage } from './memory-page.js';
import { newestFirst } from './newest-first.js';

export class MemoryExecutionStore implements ExecutionStore {
  readonly #executions = new Map<string, AgentExecution>();
  readonly #turns = new Map<string, JsonValue>();
  /** Executions whose stream has been removed from its log. */
  readonly #removed = new Set<string>();
  readonly #audit: Pick<MemoryAuditStore, 'tellNow'>;

  constructor(audit: Pick<MemoryAuditStore, 'tellNow'>) {
    this.#audit = audit;
  }

  create(execution: AgentExecution, by?: Starter): Promise<AgentExecution> {
    const before = this.#executions.get(execution.id);
    const stored = before ?? storable(execution);
    this.#executions.set(execution.id, stored);
    if (before === undefined) this.#audit.tellNow([startEntry(stored, by)]);
    return Promise.resolve(stored);
  }

  update(id: string, change: Partial<Omit<AgentExecution, 'id' | 'createdAt'>>): Promise<AgentExecution> {
    const before = this.#executions.get(id);
    if (before === undefined) return Promise.reject(notFound('execution', id));
    const after = changedExecution(before, change);
    this.#executions.set(id, after);
    this.#audit.tellNow(changeEntries(before, after));
    this.#removed.delete(id);
    return Promise.resolve(after);
  }

  get(id: string): Promise<AgentExecution | undefined> {
    return Promise.resolve(this.#executions.get(id));
  }

  getMany(ids: readonly string[]): Promise<readonly (AgentExecution | undefined)[]> {
    return Promise.all(ids.map((id) => this.get(id)));
  }

  list(filter: ExecutionFilter, page: PageRequest): Promise<Page<AgentExecution>> {
    const { since, before, ...fields } = filter;
    const wanted = [...this.#executions.values()].filter(
      (one) =>
        isWithin(fields, one.workflowId) &&
        (since === undefined || one.createdAt >= since) &&
        (before === undefined || one.createdAt < before) &&
        (fields.status === undefined || one.status === fields.status) &&
        (fields.agentId === undefined || one.agentId === fields.agentId) &&
        (fields.workflowId === undefined || one.workflowId === fields.workflowId) &&
        (fields.tokenId === undefined || one.tokenId === fields.tokenId),
    );
    return memoryPage(wanted, page);
  }

  storeTurn(executionId: string, turn: number, result: JsonValue): Promise<JsonValue> {
    const key = JSON.stringify([executionId, turn]);
    const stored = this.#turns.get(key) ?? storable(result);
    this.#turns.set(key, stored);
    return Promise.resolve(stored);
  }

  getTurn(executionId: string, turn: number): Promise<JsonValue | undefined> {
    return Promise.resolve(this.#turns.get(JSON.stringify([executionId, turn])));
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
}

function endOf({ completedAt, createdAt }: AgentExecution): string {
  return completedAt ?? createdAt;
}
