import { changeEntries, startEntry, type Starter } from '../../core/audit/execution-entries.js';
import { notFound } from '../../core/errors.js';
import { storable } from '../../core/json/well-formed-text.js';
import { isEnded, type AgentExecution } from '../../core/executions/execution.js';
import { OUTLINE_MEMBERS, type ExecutionOutline } from '../../core/executions/execution-outline.js';
import type { TurnClaim, TurnToStore } from '../../core/executions/turn-claim.js';
import type { JsonValue } from '../../core/json/json.js';
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
import { decodeCursor, pageOf } from '../page-cursor.js';
import type { Page, PageRequest } from '../page.js';
import type { SqlConnection } from '../../backends/postgres/sql-connection.js';
import { tellIn } from './audit.js';
import { PostgresDeletedExecutions } from './deleted-executions.js';
import type { PostgresToolStore } from './tools.js';
import { PostgresTurns } from './turns.js';

interface Row {
  readonly document: AgentExecution;
  readonly last_sequence: number | null;
  readonly revision: number;
}

interface OutlineRow {
  readonly document: ExecutionOutline;
}

/** What a join gives where there is none. */
interface AbsentRow {
  readonly document: null;
}

const COLUMNS = 'document, last_sequence, revision';
/** Read once, and without what an execution was told and said. */
const OUTLINE = `(select json_object_agg(key, value) from json_each(document)
  where key in (${OUTLINE_MEMBERS.map((member) => `'${member}'`).join()})) as document`;
/** As in the index of streams that expire. */
const ENDED_AT = "coalesce(document->>'completedAt', created_at)";

export class PostgresExecutionStore implements ExecutionStore {
  readonly #sql: SqlConnection;
  readonly #tools: Pick<PostgresToolStore, 'stopWaiting'>;
  readonly #deleted: PostgresDeletedExecutions;
  readonly #turns: PostgresTurns;

  constructor(sql: SqlConnection, tools: Pick<PostgresToolStore, 'stopWaiting'>) {
    this.#sql = sql;
    this.#tools = tools;
    this.#deleted = new PostgresDeletedExecutions(sql);
    this.#turns = new PostgresTurns(sql);
  }

  async create(given: AgentExecution, by?: Starter): Promise<AgentExecution> {
    const execution = storable(given);
    const inserted = await this.#sql.query({
      name: 'create-execution',
      text: `with created as (
          insert into circuit_breaker.executions
            (id, agent_id, token_id, workflow_id, status, ended, created_at, revision, document)
          select $1, $2, $3, $4, $5, $6::boolean, $7, 0, $8::json
          where not exists (select from circuit_breaker.deleted_executions where id = $1)
          on conflict do nothing returning id
        ), told as (${tellIn('$9', 'created')})
        select id from created`,
      values: [
        execution.id,
        execution.agentId,
        execution.tokenId ?? null,
        execution.workflowId ?? null,
        execution.status,
        isEnded(execution.status),
        execution.createdAt,
        JSON.stringify(execution),
        JSON.stringify([startEntry(execution, by)]),
      ],
    });
    if (inserted.length > 0) return execution;
    const existing = await this.get(execution.id);
    if (existing === undefined) throw deletedExecution(execution.id);
    return existing;
  }

  async update(id: string, change: ExecutionChange): Promise<AgentExecution> {
    return (await this.#change(id, change)).after;
  }

  async end(id: string, change: ExecutionChange): Promise<EndedExecution> {
    return endedBy(await this.#change(id, change));
  }

  async #change(id: string, change: ExecutionChange): Promise<ExecutionStep> {
    for (;;) {
      const row = await this.#find(id);
      if (row === undefined) throw notFound('execution', id);
      const before = executionOf(row);
      const { lastSequence, ...document } = changedExecution(before, change);
      const updated = await this.#sql.query({
        name: 'update-execution',
        text: `with updated as (
            update circuit_breaker.executions
            set status = $3, ended = $4, last_sequence = $5, document = $6, revision = revision + 1, stream_removed = false
            where id = $1 and revision = $2 returning id
          ), told as (${tellIn('$7', 'updated')})
          select id from updated`,
        values: [
          id,
          row.revision,
          document.status,
          isEnded(document.status),
          lastSequence ?? null,
          JSON.stringify(document),
          JSON.stringify(changeEntries(before, document)),
        ],
      });
      if (updated.length > 0 && row.document.status === 'WAITING_FOR_APPROVAL' && isEnded(document.status)) {
        // The end is stored: whoever repeated it would hear that it was no news.
        await this.#tools.stopWaiting(id).catch(() => undefined);
      }
      // Another update came in between: apply this one to what it left.
      if (updated.length > 0) {
        return { before, after: { ...document, ...(lastSequence === undefined ? {} : { lastSequence }) } };
      }
    }
  }

  async get(id: string): Promise<AgentExecution | undefined> {
    const row = await this.#find(id);
    return row === undefined ? undefined : executionOf(row);
  }

  async getMany(ids: readonly string[]): Promise<readonly (AgentExecution | undefined)[]> {
    const rows = await this.#sql.query<Row | AbsentRow>({
      name: 'get-executions',
      text: `select ${COLUMNS} from unnest($1::text[]) with ordinality as wanted(id, place)
        left join circuit_breaker.executions execution on execution.id = wanted.id order by wanted.place`,
      values: [ids],
    });
    return rows.map((row) => (row.document === null ? undefined : executionOf(row)));
  }

  async list(filter: ExecutionFilter, page: PageRequest): Promise<Page<AgentExecution>> {
    const rows = await this.#select<Row>(COLUMNS, filter, page);
    return pageOf(rows.map(executionOf), page);
  }

  async listOutlines(filter: ExecutionFilter, page: PageRequest): Promise<Page<ExecutionOutline>> {
    const rows = await this.#select<OutlineRow>(OUTLINE, filter, page);
    return pageOf(
      rows.map(({ document }) => document),
      page,
    );
  }

  claimTurn(executionId: string, turn: number, claim: TurnClaim): Promise<JsonValue | undefined> {
    return this.#turns.claim(executionId, turn, claim);
  }

  storeTurn(executionId: string, turn: number, finished: TurnToStore): Promise<JsonValue | undefined> {
    return this.#turns.store(executionId, turn, finished);
  }

  getTurn(executionId: string, turn: number): Promise<JsonValue | undefined> {
    return this.#turns.get(executionId, turn);
  }

  async listUnclosed(limit: number, except: readonly string[] = []): Promise<readonly AgentExecution[]> {
    const rows = await this.#sql.query<Row>({
      text: `select ${COLUMNS} from circuit_breaker.executions where ended and last_sequence is null
          and id <> all($2) order by created_at limit $1`,
      values: [limit, except],
    });
    return rows.map(executionOf);
  }

  async listExpiredStreams(
    endedBefore: string,
    limit: number,
    except: readonly string[] = [],
  ): Promise<readonly string[]> {
    const rows = await this.#sql.query<{ readonly id: string }>({
      text: `select id from circuit_breaker.executions
        where last_sequence is not null and not stream_removed and ${ENDED_AT} < $1 and id <> all($3)
        order by ${ENDED_AT} limit $2`,
      values: [endedBefore, limit, except],
    });
    return rows.map(({ id }) => id);
  }

  async markStreamsRemoved(ids: readonly string[]): Promise<void> {
    await this.#sql.query({
      text: 'update circuit_breaker.executions set stream_removed = true where id = any($1)',
      values: [ids],
    });
  }

  listDeleted(deletedBefore: string, limit: number): Promise<readonly string[]> {
    return this.#deleted.list(deletedBefore, limit);
  }

  forgetDeleted(ids: readonly string[]): Promise<void> {
    return this.#deleted.forget(ids);
  }

  delete(ids: readonly string[], how: ExecutionDeletion): Promise<DeletedExecutions> {
    return this.#deleted.delete(ids, how);
  }

  async listEndedAlone(endedBefore: string, { first, after }: EndedPage): Promise<readonly Ended[]> {
    return await this.#sql.query<Ended>({
      text: `select id, ${ENDED_AT} as "endedAt" from circuit_breaker.executions
        where ended and token_id is null and ${ENDED_AT} < $1 and (${ENDED_AT}, id) > ($2, $3)
        order by ${ENDED_AT}, id limit $4`,
      values: [endedBefore, after?.endedAt ?? '', after?.id ?? '', first],
    });
  }

  /** One more than the page has, where there is one. */
  async #select<Found extends object>(
    columns: string,
    filter: ExecutionFilter,
    page: PageRequest,
  ): Promise<readonly Found[]> {
    const after = page.after === undefined ? undefined : decodeCursor(page.after);
    const use = { transitionId: null, placeAgentId: null, ...filter.use };
    return await this.#sql.query<Found>({
      text: `select ${columns} from circuit_breaker.executions
        where ($1::text is null or status = $1) and ($2::text is null or agent_id = $2)
          and ($3::text is null or workflow_id = $3) and ($4::text is null or token_id = $4)
          and ($5::text is null or created_at >= $5) and ($6::text is null or created_at < $6)
          and ($7::text is null or (created_at, id) < ($7, $8)) and ($10::text[] is null or workflow_id = any($10))
          and ($11::text is null or document->>'transitionId' = $11)
          and ($12::text is null or document->>'placeAgentId' = $12)
        order by created_at desc, id desc limit $9`,
      values: [
        filter.status ?? null,
        filter.agentId ?? null,
        filter.workflowId ?? null,
        filter.tokenId ?? null,
        filter.since ?? null,
        filter.before ?? null,
        after?.createdAt ?? null,
        after?.id ?? null,
        page.first + 1,
        filter.ofWorkflows ?? null,
        use.transitionId,
        use.placeAgentId,
      ],
    });
  }

  async #find(id: string): Promise<Row | undefined> {
    const text = `select ${COLUMNS} from circuit_breaker.executions where id = $1`;
    const [row] = await this.#sql.query<Row>({ name: 'get-execution', text, values: [id] });
    return row;
  }
}

function executionOf({ document, last_sequence: lastSequence }: Row): AgentExecution {
  return lastSequence === null ? document : { ...document, lastSequence };
}
