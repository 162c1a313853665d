import type {
  AddedPlaceAgent,
  PlaceAgentChange,
  PlaceAgentFilter,
  PlaceAgentPage,
  PlaceAgentStore,
} from '../place-agent-store.js';
import { storableJson } from '../../core/json/well-formed-text.js';
import type { SqlConnection } from '../../backends/postgres/sql-connection.js';

interface Row {
  readonly document: AddedPlaceAgent;
}

/** What both changes end in: the tokens of the workflow have to be told. `changed` has its id. */
export const NOTE_CHANGE = `
  insert into circuit_breaker.place_agent_changes as change (workflow_id, revision, told)
  select workflow_id, 1, 0 from changed
  on conflict (workflow_id) do update set revision = change.revision + 1
  returning revision`;

export class PostgresPlaceAgentStore implements PlaceAgentStore {
  readonly #sql: SqlConnection;
  constructor(sql: SqlConnection) {
    this.#sql = sql;
  }

  async create(agent: AddedPlaceAgent): Promise<AddedPlaceAgent> {
    const { id, workflowId, placeId, agentId, createdAt } = agent;
    const rows = await this.#sql.query({
      text: `with changed as (
          insert into circuit_breaker.place_agents (id, workflow_id, place_id, agent_id, created_at, document)
          values ($1, $2, $3, $4, $5, $6) on conflict do nothing returning workflow_id
        ) ${NOTE_CHANGE}`,
      values: [id, workflowId, placeId, agentId, createdAt, storableJson(agent)],
    });
    return rows.length > 0 ? agent : ((await this.get(id)) ?? agent);
  }

  async delete(id: string): Promise<boolean> {
    // Another one of its id begins as its definition says.
    const text = `with changed as (delete from circuit_breaker.place_agents where id = $1 returning workflow_id),
      forgotten as (
        delete from circuit_breaker.rollouts where kind = 'place agent' and use_id = $1
          and workflow_id in (select workflow_id from changed)
      ) ${NOTE_CHANGE}`;
    return (await this.#sql.query({ text, values: [id] })).length > 0;
  }

  async get(id: string): Promise<AddedPlaceAgent | undefined> {
    const text = 'select document from circuit_breaker.place_agents where id = $1';
    return (await this.#sql.query<Row>({ text, values: [id] }))[0]?.document;
  }

  async list(
    { workflowId, placeId, agentId, ofWorkflows }: PlaceAgentFilter,
    { first, after }: PlaceAgentPage,
  ): Promise<readonly AddedPlaceAgent[]> {
    const rows = await this.#sql.query<Row>({
      name: 'list-place-agents',
      text: `select document from circuit_breaker.place_agents
        where ($1::text is null or workflow_id = $1) and ($2::text is null or place_id = $2)
          and ($3::text is null or agent_id = $3) and ($4::text is null or (created_at, id) > ($4, $5))
          and ($7::text[] is null or workflow_id = any($7))
        order by created_at, id limit $6`,
      values: [
        workflowId ?? null,
        placeId ?? null,
        agentId ?? null,
        after?.createdAt ?? null,
        after?.id ?? null,
        first,
        ofWorkflows ?? null,
      ],
    });
    return rows.map(({ document }) => document);
  }

  async listForWorkflow(workflowId: string): Promise<readonly AddedPlaceAgent[]> {
    const [found = []] = await this.listForWorkflows([workflowId]);
    return found;
  }

  async listForWorkflows(workflowIds: readonly string[]): Promise<readonly (readonly AddedPlaceAgent[])[]> {
    const rows = await this.#sql.query<Row>({
      name: 'list-place-agents-of-workflows',
      text: 'select document from circuit_breaker.place_agents where workflow_id = any($1) order by created_at, id',
      values: [workflowIds],
    });
    const byWorkflow = new Map<string, AddedPlaceAgent[]>();
    for (const { document } of rows) {
      const known = byWorkflow.get(document.workflowId);
      if (known === undefined) byWorkflow.set(document.workflowId, [document]);
      else known.push(document);
    }
    return workflowIds.map((id) => byWorkflow.get(id) ?? []);
  }

  async listChanges(): Promise<readonly PlaceAgentChange[]> {
    const rows = await this.#sql.query<{ workflow_id: string; revision: number }>({
      text: 'select workflow_id, revision from circuit_breaker.place_agent_changes where told < revision order by workflow_id',
      values: [],
    });
    return rows.map(({ workflow_id: workflowId, revision }) => ({ workflowId, revision }));
  }

  async settleChange({ workflowId, revision }: PlaceAgentChange): Promise<void> {
    await this.#sql.query({
      text: 'update circuit_breaker.place_agent_changes set told = greatest(told, $2) where workflow_id = $1',
      values: [workflowId, revision],
    });
  }
}
