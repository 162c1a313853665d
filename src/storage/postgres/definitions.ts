import { CircuitBreakerError } from '../../core/errors.js';
import { storableJson } from '../../core/json/well-formed-text.js';
import type { SqlConnection } from '../../backends/postgres/sql-connection.js';
import type { DefinitionChanges, DefinitionStore } from '../definition-store.js';

/** For thousands of definitions. */
const TIMEOUT_MS = 60_000;

export class PostgresDefinitionStore implements DefinitionStore {
  readonly #sql: SqlConnection;
  constructor(sql: SqlConnection) {
    this.#sql = sql;
  }

  /**
   * One statement is one transaction. A version that is there already is refused by the primary key, and all else with it; so is a
   * `batch` that was given up. Its row says that it is saved.
   */
  async save(
    { agents, workflows, deletedAgents, deletedPlaceAgents }: DefinitionChanges,
    batch?: string,
  ): Promise<boolean> {
    // In one order, whoever saves: two that wait for each other would both be ended.
    const sorted = agents.toSorted((one, other) => (one.id < other.id ? -1 : 1));
    const moved = workflows.toSorted((one, other) => (one.definition.id < other.definition.id ? -1 : 1));
    try {
      await this.#sql.query({
        text: `with agents as (
            insert into circuit_breaker.agents (id, version, document)
            select id, version, document::json from unnest($1::text[], $2::int[], $3::text[]) as given(id, version, document)
          ), workflows as (
            insert into circuit_breaker.workflows (id, version, hash, created_at, document)
            select id, version, hash, created_at, document::json
            from unnest($4::text[], $5::int[], $6::text[], $7::text[], $8::text[])
              as given(id, version, hash, created_at, document)
          ), deleted as (
            update circuit_breaker.agents set deleted = true where id = any($9) and not deleted
          ), removed as (
            delete from circuit_breaker.place_agents where id = any($10) returning id, workflow_id
          ), forgotten as (
            delete from circuit_breaker.rollouts using removed
            where kind = 'place agent' and use_id = removed.id and rollouts.workflow_id = removed.workflow_id
          ), noted as (
            insert into circuit_breaker.place_agent_changes as change (workflow_id, revision, told)
            select distinct workflow_id, 1, 0 from removed
            on conflict (workflow_id) do update set revision = change.revision + 1
          ), batch as (
            insert into circuit_breaker.definition_batches (id, outcome) select $11, 'saved' where $11::text is not null
          ) select 1`,
        values: [
          sorted.map(({ id }) => id),
          sorted.map(({ version }) => version),
          sorted.map(storableJson),
          moved.map(({ definition }) => definition.id),
          moved.map(({ definition }) => definition.version),
          moved.map(({ hash }) => hash),
          moved.map(({ createdAt }) => createdAt),
          moved.map(storableJson),
          deletedAgents,
          deletedPlaceAgents,
          batch ?? null,
        ],
        timeoutMs: TIMEOUT_MS,
      });
      return true;
    } catch (error) {
      if (error instanceof CircuitBreakerError && error.code === 'VERSION_CONFLICT') return false;
      throw error;
    }
  }
}
