import { approvalEntry } from '../../core/audit/execution-entries.js';
import type { ToolOffer } from '../../core/agents/tool-offer.js';
import type { SeenToolServer } from '../../core/agents/tool-server.js';
import type { ToolApproval } from '../../core/executions/tool-approval.js';
import type { ToolCallPlace, ToolOutcome } from '../../core/executions/tool-call.js';
import { storableJson } from '../../core/json/well-formed-text.js';
import type { SqlConnection } from '../../backends/postgres/sql-connection.js';
import { tellIn } from './audit.js';
import { decodeCursor, pageBy, type ListPosition } from '../page-cursor.js';
import type { Page, PageRequest } from '../page.js';
import type { WorkflowLimit } from '../workflow-limit.js';
import type { StoredToolCall, ToolStore, WorkerServers } from '../tool-store.js';
import { waitingPosition } from '../waiting-position.js';

interface CallRow {
  readonly attempts: number;
  readonly outcome: ToolOutcome | null;
}

interface ApprovalRow {
  readonly approval: ToolApproval;
}

/** As in idempotencyKeyOf. */
const KEY = "(call.execution_id || ':' || call.turn::text || ':' || call.index::text)";

/** Of two approvals of one call that say different things, the one with the higher rank holds. */
function rankOf(row: 'call' | 'excluded'): string {
  const decidedAt = `${row}.approval->'decision'->>'decidedAt'`;
  return `(coalesce(${decidedAt}, ${row}.approval->>'requestedAt'), ${decidedAt} is not null)`;
}

/** By name: two workers that write the same rows at once would else wait for each other. */
function inLockOrder<Named extends { readonly name: string }>(named: readonly Named[]): readonly Named[] {
  return [...named].sort((left, right) => (left.name < right.name ? -1 : 1));
}

export class PostgresToolStore implements ToolStore {
  readonly #sql: SqlConnection;
  constructor(sql: SqlConnection) {
    this.#sql = sql;
  }

  async offer(tools: readonly ToolOffer[], at: string, forgetBefore: string): Promise<void> {
    for (const tool of inLockOrder(tools)) {
      await this.#sql.query({
        name: 'offer-tool',
        text: `insert into circuit_breaker.tools (name, offered_at, offer) values ($1, $2, $3)
          on conflict (name) do update set offered_at = excluded.offered_at, offer = excluded.offer`,
        values: [tool.name, at, storableJson(tool)],
      });
    }
    const text = 'delete from circuit_breaker.tools where offered_at < $1';
    await this.#sql.query({ name: 'forget-tools', text, values: [forgetBefore] });
  }

  async keepServers({ worker, servers, at, forgetBefore }: WorkerServers): Promise<void> {
    for (const server of inLockOrder(servers)) {
      await this.#sql.query({
        name: 'keep-tool-server',
        text: `insert into circuit_breaker.tool_servers (name, worker, seen_at, server) values ($1, $2, $3, $4)
          on conflict (name, worker) do update set seen_at = excluded.seen_at, server = excluded.server`,
        values: [server.name, worker, at, storableJson(server)],
      });
    }
    const text = 'delete from circuit_breaker.tool_servers where seen_at < $1';
    await this.#sql.query({ name: 'forget-tool-servers', text, values: [forgetBefore] });
  }

  async servers(): Promise<readonly SeenToolServer[]> {
    return await this.#sql.query<SeenToolServer>({
      name: 'list-tool-servers',
      text: `select worker, seen_at as "seenAt", server from circuit_breaker.tool_servers
        order by name collate "C", worker collate "C"`,
      values: [],
    });
  }

  async withdraw(names: readonly string[]): Promise<void> {
    const text = 'delete from circuit_breaker.tools where name = any($1)';
    await this.#sql.query({ name: 'withdraw-tools', text, values: [names] });
  }

  async offers(): Promise<readonly ToolOffer[]> {
    const rows = await this.#sql.query<{ readonly offer: ToolOffer }>({
      name: 'list-tools',
      text: 'select offer from circuit_breaker.tools order by name collate "C"',
      values: [],
    });
    return rows.map(({ offer }) => offer);
  }

  async beginCall({ executionId, turn, index }: ToolCallPlace, attempt: string): Promise<StoredToolCall> {
    const [row] = await this.#sql.query<CallRow>({
      name: 'begin-tool-call',
      text: `insert into circuit_breaker.tool_calls as call (execution_id, turn, index, attempt, attempts)
        values ($1, $2, $3, $4, 1) on conflict (execution_id, turn, index) do update
        set attempts = call.attempts + case when call.attempt = excluded.attempt then 0 else 1 end,
          attempt = excluded.attempt
        returning attempts, outcome`,
      values: [executionId, turn, index, attempt],
    });
    return { attempts: row?.attempts ?? 1, ...(row?.outcome == null ? {} : { outcome: row.outcome }) };
  }

  async endCall({ executionId, turn, index }: ToolCallPlace, outcome: ToolOutcome): Promise<ToolOutcome> {
    const [row] = await this.#sql.query<CallRow>({
      name: 'end-tool-call',
      text: `update circuit_breaker.tool_calls set outcome = coalesce(outcome, $4::json)
        where execution_id = $1 and turn = $2 and index = $3 returning attempts, outcome`,
      values: [executionId, turn, index, storableJson(outcome)],
    });
    return row?.outcome ?? outcome;
  }

  async storeApproval(approval: ToolApproval): Promise<void> {
    const { executionId, turn, index, decision, requestedAt } = approval;
    await this.#sql.query({
      name: 'store-approval',
      text: `with decided as (
          select from circuit_breaker.tool_calls
          where execution_id = $1 and turn = $2 and index = $3 and approval->'decision' is not null
        ), stored as (
          insert into circuit_breaker.tool_calls as call
            (execution_id, turn, index, attempt, attempts, approval, waiting_since)
          values ($1, $2, $3, '', 0, $4, $5) on conflict (execution_id, turn, index) do update
          set approval = excluded.approval, waiting_since = excluded.waiting_since
          where call.approval is null or ${rankOf('excluded')} >= ${rankOf('call')} returning 1
        )
        ${tellIn('$6', '(select from stored where not exists (select from decided)) new')}`,
      values: [
        executionId,
        turn,
        index,
        storableJson(approval),
        decision === undefined ? requestedAt : null,
        JSON.stringify([approvalEntry(approval) ?? []].flat()),
      ],
    });
  }

  async approvals(executionIds: readonly string[]): Promise<readonly (readonly ToolApproval[])[]> {
    const rows = await this.#sql.query<ApprovalRow>({
      name: 'list-approvals',
      text: `select approval from circuit_breaker.tool_calls
        where execution_id = any($1) and approval is not null order by turn, index`,
      values: [executionIds],
    });
    const all = new Map<string, ToolApproval[]>(executionIds.map((id) => [id, []]));
    for (const { approval } of rows) all.get(approval.executionId)?.push(approval);
    return executionIds.map((id) => all.get(id) ?? []);
  }

  async listWaiting(page: PageRequest, { ofWorkflows }: WorkflowLimit = {}): Promise<Page<ToolApproval>> {
    const after = page.after === undefined ? undefined : decodeCursor(page.after);
    const rows = await this.#sql.query<ApprovalRow>({
      name: 'list-waiting',
      text: `select approval from circuit_breaker.tool_calls call
        join circuit_breaker.executions execution on execution.id = call.execution_id and not execution.ended
        where waiting_since is not null
          and ($1::text is null or (waiting_since >= $1 and (waiting_since, ${KEY}) > ($1, $2)))
          and ($4::text[] is null or execution.workflow_id = any($4))
        order by waiting_since, ${KEY} limit $3`,
      values: [after?.createdAt ?? null, after?.id ?? null, page.first + 1, ofWorkflows ?? null],
    });
    return pageBy(
      rows.map(({ approval }) => approval),
      page,
      waitingPosition,
    );
  }

  /** For a storage whose executions are elsewhere: as `listWaiting`, whatever became of them. */
  async listUndecided(after: ListPosition | undefined, limit: number): Promise<readonly ToolApproval[]> {
    const rows = await this.#sql.query<ApprovalRow>({
      name: 'list-undecided',
      text: `select approval from circuit_breaker.tool_calls call
        where waiting_since is not null
          and ($1::text is null or (waiting_since >= $1 and (waiting_since, ${KEY}) > ($1, $2)))
        order by waiting_since, ${KEY} limit $3`,
      values: [after?.createdAt ?? null, after?.id ?? null, limit],
    });
    return rows.map(({ approval }) => approval);
  }

  /** Of an execution that has ended. The list leaves it out as it is; but each read would pass it, for ever. */
  async stopWaiting(executionId: string): Promise<void> {
    const text =
      'update circuit_breaker.tool_calls set waiting_since = null where execution_id = $1 and waiting_since is not null';
    await this.#sql.query({ text, values: [executionId] });
  }

  async outcomes(executionId: string, turn: number): Promise<ReadonlyMap<number, ToolOutcome>> {
    const rows = await this.#sql.query<{ readonly index: number; readonly outcome: ToolOutcome }>({
      name: 'list-tool-outcomes',
      text: `select index, outcome from circuit_breaker.tool_calls
        where execution_id = $1 and turn = $2 and outcome is not null`,
      values: [executionId, turn],
    });
    return new Map(rows.map(({ index, outcome }) => [index, outcome]));
  }
}
