import { INLINE_MARK } from '../../core/definitions/inline-workflow.js';
import { storableJson } from '../../core/json/well-formed-text.js';
import type { WorkflowContent } from '../../core/definitions/definition.js';
import type { AgentUsers, StoredWorkflow, WorkflowStore } from '../workflow-store.js';
import type { VersionedId } from '../versioned-id.js';
import type { SqlConnection } from '../../backends/postgres/sql-connection.js';

interface Row {
  readonly document: StoredWorkflow;
}

interface FoundRow {
  readonly document: StoredWorkflow | null;
}

export class PostgresWorkflowStore implements WorkflowStore {
  readonly #sql: SqlConnection;
  constructor(sql: SqlConnection) {
    this.#sql = sql;
  }

  async save(id: string, content: WorkflowContent, facts: { hash: string; now: string }): Promise<StoredWorkflow> {
    for (;;) {
      const newest = await this.get(id);
      if (newest?.hash === facts.hash) return newest;
      const definition = { ...content, id, version: (newest?.definition.version ?? 0) + 1 };
      const stored: StoredWorkflow = { definition, hash: facts.hash, createdAt: facts.now };
      const rows = await this.#sql.query({
        text: `insert into circuit_breaker.workflows (id, version, hash, created_at, document) values ($1, $2, $3, $4, $5)
          on conflict do nothing returning version`,
        values: [id, definition.version, facts.hash, facts.now, storableJson(stored)],
      });
      // Somebody else stored this version at the same moment: look again.
      if (rows.length > 0) return stored;
    }
  }

  async get(id: string, version?: number): Promise<StoredWorkflow | undefined> {
    const [row] = await this.#sql.query<Row>({
      name: 'get-workflow',
      text: `select document from circuit_breaker.workflows where id = $1 and ($2::int is null or version = $2)
        order by version desc limit 1`,
      values: [id, version ?? null],
    });
    return row?.document;
  }

  async getMany(ids: readonly VersionedId[]): Promise<readonly (StoredWorkflow | undefined)[]> {
    const rows = await this.#sql.query<FoundRow>({
      name: 'get-workflows',
      text: `select found.document
        from unnest($1::text[], $2::int[]) with ordinality as wanted(id, version, place)
        left join lateral (
          select document from circuit_breaker.workflows
          where id = wanted.id and (wanted.version is null or version = wanted.version)
          order by version desc limit 1
        ) found on true order by wanted.place`,
      values: [ids.map(({ id }) => id), ids.map(({ version }) => version ?? null)],
    });
    return rows.map(({ document }) => document ?? undefined);
  }

  async list({ first, after }: { first: number; after?: string }): Promise<readonly StoredWorkflow[]> {
    const rows = await this.#sql.query<Row>({
      text: `with newest as (select distinct on (id) * from circuit_breaker.workflows order by id, version desc)
        select document from newest
        where $1::text is null or (created_at, id) < (select created_at, id from newest where id = $1)
        order by created_at desc, id desc limit $2`,
      values: [after ?? null, first],
    });
    return rows.map(({ document }) => document);
  }

  async usersOfAgent(
    agentId: string,
    { first, after, replaced = [] }: Parameters<WorkflowStore['usersOfAgent']>[1],
  ): Promise<AgentUsers> {
    const rows = await this.#sql.query<FoundRow & { readonly total: number }>({
      text: `with users as (
          select id, version from circuit_breaker.workflows workflow
          where (exists (
            select 1 from json_array_elements(document -> 'definition' -> 'transitions') transition
            where transition -> 'agentExecution' ->> 'agentId' = $1
          ) or exists (
            select 1 from json_array_elements(document -> 'definition' -> 'placeAgents') place_agent
            where place_agent ->> 'agentId' = $1)
          ) and (exists (
            select 1 from circuit_breaker.tokens token where token.workflow_id = workflow.id and token.status = 'ACTIVE'
              and (token.document ->> 'workflowVersion')::int = workflow.version
          ) or (
            position($2 in id) = 0 and not id = any($6)
              and version = (select max(version) from circuit_breaker.workflows newest where newest.id = workflow.id)))
        ), page as (
          select id, version from users where $3::text is null or (id, version) > ($3, $4::int) order by id, version limit $5
        )
        select total, document from (select count(*)::int as total from users) counted
          left join (page join circuit_breaker.workflows using (id, version)) on true
        order by id, version`,
      values: [agentId, INLINE_MARK, after?.id ?? null, after?.version ?? null, first, replaced],
    });
    return { users: rows.flatMap(({ document }) => document ?? []), total: rows[0]?.total ?? 0 };
  }
}
