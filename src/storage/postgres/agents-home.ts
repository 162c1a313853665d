import type { ToolApproval } from '../../core/executions/tool-approval.js';
import { storableJson } from '../../core/json/well-formed-text.js';
import type { SqlConnection } from '../../backends/postgres/sql-connection.js';
import type { AgentsHome, BatchOutcome, NumberedEntry } from '../agents-home.js';
import type { DefinitionChanges } from '../definition-store.js';
import type { ListPosition } from '../page-cursor.js';
import type { PostgresDefinitionStore } from './definitions.js';
import { PostgresDeletedExecutions } from './deleted-executions.js';
import type { PostgresToolStore } from './tools.js';

interface OutcomeRow {
  readonly outcome: BatchOutcome;
}

/** The row of a subject is locked until the end of the statement: of two who tell the same, the second sees what the first has told. */
const TELL_ONCE = `
with mark as (
  insert into circuit_breaker.told_entries as old (subject, number, previous) values ($1, $2, 0)
  on conflict (subject) do update set previous = old.number, number = greatest(old.number, excluded.number)
  returning previous
)
insert into circuit_breaker.audit_pending (entry)
select given.value -> 'entry' from mark, json_array_elements($3::json) with ordinality as given(value, place)
where (given.value ->> 'number')::int > mark.previous order by given.place`;

export class PostgresAgentsHome implements AgentsHome {
  readonly #sql: SqlConnection;
  readonly #deleted: PostgresDeletedExecutions;
  readonly #stores: { readonly definitions: PostgresDefinitionStore; readonly tools: PostgresToolStore };

  constructor(
    sql: SqlConnection,
    stores: { readonly definitions: PostgresDefinitionStore; readonly tools: PostgresToolStore },
  ) {
    this.#sql = sql;
    this.#stores = stores;
    this.#deleted = new PostgresDeletedExecutions(sql);
  }

  async tellOnce(subject: string, entries: readonly NumberedEntry[]): Promise<void> {
    const last = entries.at(-1)?.number;
    if (last === undefined) return;
    await this.#sql.query({ name: 'tell-once', text: TELL_ONCE, values: [subject, last, storableJson(entries)] });
  }

  saveBatch(batch: string, changes: Omit<DefinitionChanges, 'agents' | 'deletedAgents'>): Promise<boolean> {
    return this.#stores.definitions.save({ ...changes, agents: [], deletedAgents: [] }, batch);
  }

  async outcomeOf(batch: string): Promise<BatchOutcome | undefined> {
    const text = 'select outcome from circuit_breaker.definition_batches where id = $1';
    return (await this.#sql.query<OutcomeRow>({ text, values: [batch] }))[0]?.outcome;
  }

  async giveUp(batch: string): Promise<BatchOutcome> {
    const text = `insert into circuit_breaker.definition_batches (id, outcome) values ($1, 'given-up') on conflict do nothing`;
    await this.#sql.query({ text, values: [batch] });
    return (await this.outcomeOf(batch)) ?? 'given-up';
  }

  async forgetBatch(batch: string): Promise<void> {
    await this.#sql.query({ text: 'delete from circuit_breaker.definition_batches where id = $1', values: [batch] });
  }

  listUndecided(after: ListPosition | undefined, limit: number): Promise<readonly ToolApproval[]> {
    return this.#stores.tools.listUndecided(after, limit);
  }

  async stopWaiting(executionId: string): Promise<void> {
    await this.#stores.tools.stopWaiting(executionId);
  }

  noteDeleted(executionIds: readonly string[], now: string): Promise<void> {
    return this.#deleted.note(executionIds, now);
  }

  isDeleted(executionId: string): Promise<boolean> {
    return this.#deleted.has(executionId);
  }

  listDeleted(deletedBefore: string, limit: number): Promise<readonly string[]> {
    return this.#deleted.list(deletedBefore, limit);
  }

  forgetDeleted(executionIds: readonly string[]): Promise<void> {
    return this.#deleted.forget(executionIds);
  }

  removeCalls(executionIds: readonly string[]): Promise<void> {
    return this.#deleted.removeCalls(executionIds);
  }
}
