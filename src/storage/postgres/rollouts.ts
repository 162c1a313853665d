import { storableJson } from '../../core/json/well-formed-text.js';
import type { SqlConnection } from '../../backends/postgres/sql-connection.js';
import type { KeptRollout, RolloutStore } from '../rollout-store.js';
import { NOTE_CHANGE } from './place-agents.js';

interface Row {
  readonly document: KeptRollout;
}

export class PostgresRolloutStore implements RolloutStore {
  readonly #sql: SqlConnection;
  constructor(sql: SqlConnection) {
    this.#sql = sql;
  }

  async set(rollout: KeptRollout, seen?: string): Promise<boolean> {
    const { workflowId, use } = rollout;
    const [kind, id] = 'transitionId' in use ? ['transition', use.transitionId] : ['place agent', use.placeAgentId];
    const noted = await this.#sql.query({
      text: `with changed as (
          insert into circuit_breaker.rollouts as rollout (workflow_id, kind, use_id, document) values ($1, $2, $3, $4)
          on conflict (workflow_id, kind, use_id) do update set document = excluded.document
            where $5::text is null or rollout.document->>'changedAt' = $5
          returning workflow_id
        ) ${NOTE_CHANGE}`,
      values: [workflowId, kind, id, storableJson(rollout), seen ?? null],
    });
    return noted.length > 0;
  }

  async listWatched(): Promise<readonly KeptRollout[]> {
    const rows = await this.#sql.query<Row>({
      text: `select document from circuit_breaker.rollouts
        where document->'rollout'->'maxErrorRate' is not null and document->'rollout'->>'mode' <> 'off'`,
      values: [],
    });
    return rows.map(({ document }) => document);
  }

  async listForWorkflow(workflowId: string): Promise<readonly KeptRollout[]> {
    const [found = []] = await this.listForWorkflows([workflowId]);
    return found;
  }

  async listForWorkflows(workflowIds: readonly string[]): Promise<readonly (readonly KeptRollout[])[]> {
    const rows = await this.#sql.query<Row>({
      name: 'list-rollouts-of-workflows',
      text: 'select document from circuit_breaker.rollouts where workflow_id = any($1)',
      values: [workflowIds],
    });
    return workflowIds.map((id) =>
      rows.filter(({ document }) => document.workflowId === id).map(({ document }) => document),
    );
  }
}
