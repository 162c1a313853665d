import type { Agent, AgentContent } from '../../core/agents/agent.js';
import { storableJson } from '../../core/json/well-formed-text.js';
import type { AgentStore } from '../agent-store.js';
import { createdAgent, updatedAgent, type AgentChange } from '../next-agent.js';
import type { VersionedId } from '../versioned-id.js';
import type { SqlConnection } from '../../backends/postgres/sql-connection.js';

interface Row {
  readonly document: Agent;
}

interface FoundRow {
  readonly document: Agent | null;
}

export class PostgresAgentStore implements AgentStore {
  readonly #sql: SqlConnection;
  constructor(sql: SqlConnection) {
    this.#sql = sql;
  }

  async create(id: string, content: AgentContent, now: string): Promise<Agent> {
    const [last] = await this.getManyEver([{ id }]);
    const existing = await this.get(id);
    const agent = createdAgent(existing, { id, content, now, lastVersion: last?.version ?? 0 });
    // Somebody else may store this version at the same moment: look again.
    return agent === existing || (await this.#insert(agent)) ? agent : await this.create(id, content, now);
  }

  async update(id: string, change: AgentChange): Promise<Agent> {
    for (;;) {
      const newest = await this.get(id);
      const agent = updatedAgent(id, newest, change);
      // Somebody else stored this version at the same moment: look again.
      if (agent === newest || (await this.#insert(agent))) return agent;
    }
  }

  async get(id: string, version?: number): Promise<Agent | undefined> {
    const [row] = await this.#sql.query<Row>({
      name: 'get-agent',
      text: `select document from circuit_breaker.agents where id = $1 and ($2::int is null or version = $2) and not deleted
        order by version desc limit 1`,
      values: [id, version ?? null],
    });
    return row?.document;
  }

  getMany(ids: readonly VersionedId[]): Promise<readonly (Agent | undefined)[]> {
    return this.#find(ids, { deletedToo: false });
  }

  getManyEver(ids: readonly VersionedId[]): Promise<readonly (Agent | undefined)[]> {
    return this.#find(ids, { deletedToo: true });
  }

  async #find(
    ids: readonly VersionedId[],
    { deletedToo }: { readonly deletedToo: boolean },
  ): Promise<readonly (Agent | undefined)[]> {
    const rows = await this.#sql.query<FoundRow>({
      name: 'get-agents',
      text: `select found.document
        from unnest($1::text[], $2::int[]) with ordinality as wanted(id, version, place)
        left join lateral (
          select document from circuit_breaker.agents
          where id = wanted.id and (wanted.version is null or version = wanted.version) and ($3 or not deleted)
          order by version desc limit 1
        ) found on true order by wanted.place`,
      values: [ids.map(({ id }) => id), ids.map(({ version }) => version ?? null), deletedToo],
    });
    return rows.map(({ document }) => document ?? undefined);
  }

  async list({ first, after, capability }: Parameters<AgentStore['list']>[0]): Promise<readonly Agent[]> {
    const rows = await this.#sql.query<Row>({
      name: 'list-agents',
      text: `select document from (
          select distinct on (id) id, document from circuit_breaker.agents
          where not deleted and ($1::text is null or id > $1) order by id, version desc
        ) newest
        where $2::text is null or $2 in (select json_array_elements_text(document -> 'capabilities'))
        order by id limit $3`,
      values: [after ?? null, capability ?? null, first],
    });
    return rows.map(({ document }) => document);
  }

  async delete(id: string): Promise<boolean> {
    const rows = await this.#sql.query({
      text: 'update circuit_breaker.agents set deleted = true where id = $1 and not deleted returning version',
      values: [id],
    });
    return rows.length > 0;
  }

  async #insert(agent: Agent): Promise<boolean> {
    const rows = await this.#sql.query({
      text: `insert into circuit_breaker.agents (id, version, document) values ($1, $2, $3)
        on conflict do nothing returning version`,
      values: [agent.id, agent.version, storableJson(agent)],
    });
    return rows.length > 0;
  }
}
