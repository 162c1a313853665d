import { startEntry, type Starter } from '../../core/audit/execution-entries.js';
import { notFound } from '../../core/errors.js';
import type { AgentExecution } from '../../core/executions/execution.js';
import type { ExecutionOutline } from '../../core/executions/execution-outline.js';
import type { TurnClaim, TurnToStore } from '../../core/executions/turn-claim.js';
import type { JsonValue } from '../../core/json/json.js';
import { storable, storableJson } from '../../core/json/well-formed-text.js';
import type { TellingExecutionStore } from '../agent-storage.js';
import type { AgentsHome } from '../agents-home.js';
import type { Ended, EndedPage } from '../ended.js';
import { endedBy, type ExecutionStep } from '../changed-execution.js';
import type {
  DeletedExecutions,
  EndedExecution,
  ExecutionChange,
  ExecutionDeletion,
  ExecutionFilter,
} from '../execution-store.js';
import type { Page, PageRequest } from '../page.js';
import { changedRecord, LISTS, newRecord, placesAhead, placesLeft, type ExecutionRecord } from './execution-record.js';
import { deleteExecutions, listEndedAlone } from './deleted-executions.js';
import { listExecutions, listExpired, listUnclosed } from './execution-lists.js';
import { executionKey, turnKey } from './execution-keys.js';
import type { RecordConversationStore } from './record-conversations.js';
import { ToldEntries } from './told-entries.js';
import { readRecord, readRecords, type ReadRecord } from './read-record.js';
import type { RecordStore } from './record-store.js';
import { claimTurn, readTurn, storeTurn } from './turn-record.js';

/** Executions have up to some megabytes each. */
const READ_WHOLE = 20;

/** A record for each execution, and one for each finished turn. */
export class RecordExecutionStore implements TellingExecutionStore {
  readonly #records: RecordStore;
  readonly #told: ToldEntries;
  readonly #conversations: RecordConversationStore;

  constructor(records: RecordStore, home: Pick<AgentsHome, 'tellOnce'>, conversations: RecordConversationStore) {
    this.#records = records;
    this.#conversations = conversations;
    this.#told = new ToldEntries(records, home);
  }

  async create(execution: AgentExecution, by?: Starter): Promise<AgentExecution> {
    const { record, isNew } = await this.#create(execution, by);
    if (isNew) await this.#told.tell(record);
    return record.execution;
  }

  async createUntold(execution: AgentExecution, by?: Starter): Promise<AgentExecution> {
    return (await this.#create(execution, by)).record.execution;
  }

  async update(id: string, change: ExecutionChange): Promise<AgentExecution> {
    return (await this.#change(id, change)).after;
  }

  async end(id: string, change: ExecutionChange): Promise<EndedExecution> {
    return endedBy(await this.#change(id, change));
  }

  async #change(id: string, change: ExecutionChange): Promise<ExecutionStep> {
    for (;;) {
      const read = await readRecord<ExecutionRecord>(this.#records, executionKey(id));
      if (read === undefined) throw notFound('execution', id);
      const before = read.document;
      const after = changedRecord(before, change, this.#told.untoldOf(before));
      const step = { before: before.execution, after: after.execution };
      if (after === before) return step;
      // Another update came in between: apply this one to what it left.
      if (!(await this.#store(read, after))) continue;
      if (after.entries > before.entries) await this.#told.tell(after);
      return step;
    }
  }

  async get(id: string): Promise<AgentExecution | undefined> {
    return (await this.getMany([id]))[0];
  }

  async getMany(ids: readonly string[]): Promise<readonly (AgentExecution | undefined)[]> {
    const wanted = [...new Set(ids)];
    const found = await readRecords<ExecutionRecord>(this.#records, wanted.map(executionKey));
    const byId = new Map(wanted.map((id, index) => [id, found[index]?.document.execution]));
    return ids.map((id) => byId.get(id));
  }

  list(filter: ExecutionFilter, page: PageRequest): Promise<Page<AgentExecution>> {
    return listExecutions(this.#records, filter, page);
  }

  /** Records are read whole: of fewer than were asked for. */
  listOutlines(filter: ExecutionFilter, page: PageRequest): Promise<Page<ExecutionOutline>> {
    return this.list(filter, { ...page, first: Math.min(page.first, READ_WHOLE) });
  }

  claimTurn(executionId: string, turn: number, claim: TurnClaim): Promise<JsonValue | undefined> {
    return claimTurn(this.#records, turnKey(executionId, turn), claim);
  }

  storeTurn(executionId: string, turn: number, finished: TurnToStore): Promise<JsonValue | undefined> {
    return storeTurn(this.#records, turnKey(executionId, turn), finished);
  }

  getTurn(executionId: string, turn: number): Promise<JsonValue | undefined> {
    return readTurn(this.#records, turnKey(executionId, turn));
  }

  listUnclosed(limit: number, except: readonly string[] = []): Promise<readonly AgentExecution[]> {
    return listUnclosed(this.#records, limit, new Set(except));
  }

  listExpiredStreams(endedBefore: string, limit: number, except: readonly string[] = []): Promise<readonly string[]> {
    return listExpired(this.#records, endedBefore, { limit, except: new Set(except) });
  }

  async markStreamsRemoved(ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => this.#markRemoved(id)));
  }

  async tell(id: string): Promise<void> {
    const read = await readRecord<ExecutionRecord>(this.#records, executionKey(id));
    if (read !== undefined) await this.#told.tell(read.document);
  }

  tellLeftOver(limit: number): Promise<number> {
    return this.#told.tellLeftOver(limit);
  }

  listEndedAlone(endedBefore: string, page: EndedPage): Promise<readonly Ended[]> {
    return listEndedAlone(this.#records, endedBefore, page);
  }

  delete(ids: readonly string[], how: ExecutionDeletion): Promise<DeletedExecutions> {
    const parts = { records: this.#records, told: this.#told, conversations: this.#conversations };
    return deleteExecutions(parts, ids, how);
  }

  async #create(
    given: AgentExecution,
    by: Starter | undefined,
  ): Promise<{ readonly record: ExecutionRecord; readonly isNew: boolean }> {
    const key = executionKey(given.id);
    for (;;) {
      const existing = await readRecord<ExecutionRecord>(this.#records, key);
      if (existing !== undefined) return { record: existing.document, isNew: false };
      const execution = storable(given);
      const record = newRecord(execution, startEntry(execution, by));
      if (await this.#store(undefined, record)) return { record, isNew: true };
    }
  }

  /** On the lists first, then the record, then off the lists. False: it is another record by now. */
  async #store(read: ReadRecord<ExecutionRecord> | undefined, after: ExecutionRecord): Promise<boolean> {
    const before = read?.document;
    await Promise.all(placesAhead(before, after).map((place) => this.#records.addToList(...place)));
    const key = executionKey(after.execution.id);
    const revision = await this.#records.put(key, storableJson(after), read?.revision ?? 0);
    if (revision === undefined) return false;
    // It is stored: whoever reads a list leaves out, and takes off, what has no place there.
    const left = placesLeft(before, after).map((place) => this.#records.removeFromList(...place));
    await Promise.allSettled(left);
    return true;
  }

  async #markRemoved(id: string): Promise<void> {
    for (;;) {
      const read = await readRecord<ExecutionRecord>(this.#records, executionKey(id));
      if (read?.document.expiry === undefined) return;
      const { expiry, ...record } = read.document;
      if ((await this.#records.put(executionKey(id), JSON.stringify(record), read.revision)) === undefined) continue;
      // To close the stream again makes another place of its own.
      await this.#records.removeFromList(LISTS.expiring, expiry);
      return;
    }
  }
}
