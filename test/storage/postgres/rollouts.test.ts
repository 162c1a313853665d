import { expect, it } from 'vitest';

import type { SqlConnection, SqlStatement } from '../../../src/backends/postgres/sql-connection.js';
import type { KeptRollout } from '../../../src/storage/rollout-store.js';
import { PostgresRolloutStore } from '../../../src/storage/postgres/rollouts.js';
import { NOW } from '../../support/builders.js';

const ROLLOUT: KeptRollout = {
  ...{ workflowId: 'w', use: { transitionId: 'review' }, agentId: 'a', rollout: { mode: 'off', percent: 10 } },
  ...{ saidAt: NOW, changedAt: NOW },
};

/** A database in which nothing is found. */
function anEmptyDatabase() {
  const statements: SqlStatement[] = [];
  const query = <Row extends object>(statement: SqlStatement): Promise<readonly Row[]> => {
    statements.push(statement);
    return Promise.resolve([]);
  };
  const sql: Pick<SqlConnection, 'query'> = { query };
  return { statements, store: new PostgresRolloutStore(sql) };
}

it('inserts nothing in the place of what was seen: what is taken back meanwhile stays so', async () => {
  const { statements, store } = anEmptyDatabase();
  expect(await store.set(ROLLOUT, NOW)).toBe(false);
  expect(statements).toHaveLength(1);
  expect(statements[0]?.text).toMatch(/update circuit_breaker\.rollouts/);
  expect(statements[0]?.text).not.toMatch(/insert into circuit_breaker\.rollouts/);
  expect(statements[0]?.values).toEqual(['w', 'transition', 'review', JSON.stringify(ROLLOUT), NOW]);
});
