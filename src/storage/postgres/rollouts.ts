import { storableJson } from '../../core/json/well-formed-text.js';
import type { SqlConnection } from '../../backends/postgres/sql-connection.js';
import type { AgentUseId } from '../../core/definitions/rollout.js';
import type { KeptRollout, RolloutStore } from '../rollout-store.js';
import { NOTE_CHANGE } from './place-agents.js';

interface Row {
  readonly document: KeptRollout;
}

const SET = `
  insert into circuit_breaker.rollouts (workflow_id, kind, use_id, document) values ($1, $2, $3, $4::json)
  on conflict (workflow_id, kind, use_id) do update set document = excluded.document
  returning workflow_id`;

/** Never an insert: what is taken back while this is under way is not said again. */
const REPLACE = `
  update circuit_breaker.rollouts set document = $4::json
  where workflow_id = $1 and kind = $2 and use_id = $3 and document->>'changedAt' = $5
  returning workflow_id`;

export class PostgresRolloutStore implements RolloutStore {
  readonly #sql: Pick<SqlConnection, 'query'>;
  constructor(sql: Pick<SqlConnection, 'query'>) {
    this.#sql = sql;
  }

  async set(rollout: KeptRollout, seen?: string): Promise<boolean> {
    const values = [rollout.workflowId, ...keyOf(rollout.use), storableJson(rollout)];
    const noted = await this.#sql.query(
      seen === undefined
        ? { text: `with changed as (${SET}) ${NOTE_CHANGE}`, values }
        : { text: `with changed as (${REPLACE}) ${NOTE_CHANGE}`, values: [...values, seen] },
    );
    return noted.length > 0;
  }

  async clear(workflowId: string, use: AgentUseId): Promise<void> {
    await this.#sql.query({
      text: `with changed as (
          delete from circuit_breaker.rollouts where workflow_id = $1 and kind = $2 and use_id = $3 returning workflow_id
        ) ${NOTE_CHANGE}`,
      values: [workflowId, ...keyOf(use)],
    });
  }

  async listWatched(): Promise<readonly KeptRollout[]> {
    const rows = await this.#sql.query<Row>({
      text: `select document from circuit_breaker.rollouts
        where document->'rollout'->'maxErrorRate' is not null and document->'rollout'->>'mode' <> 'off'`,
      values: [],
    });
    return rows.map(({ document }) => document);
  }

  async listStopped(): Promise<readonly KeptRollout[]> {
    const rows = await this.#sql.query<Row>({
      text: "select document from circuit_breaker.rollouts where document->'rollout'->'stoppedBecause' is not null",
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

function keyOf(use: AgentUseId): readonly [kind: string, id: string] {
  return 'transitionId' in use ? ['transition', use.transitionId] : ['place agent', use.placeAgentId];
}
