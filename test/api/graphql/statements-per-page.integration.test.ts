import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { newToken } from '../../../src/core/engine/new-token.js';
import type { Token } from '../../../src/core/tokens/token.js';
import { anExecution } from '../../storage/contract/execution-store.js';
import { pgliteUnderTest, postgresUnderTest, type SqlUnderTest } from '../../streams/postgres/sql-under-test.js';
import { apiUnderTest, type ApiUnderTest } from '../../support/api-under-test.js';
import { anAgent, aWorkflow, NOW } from '../../support/builders.js';
import { countedStorage, type CountedStorage } from '../../support/counted-sql.js';
import { canTestPostgres } from '../../support/postgres.js';

const PAGE = 200;
const AGENTS = 5;
/** What is read may be large: a few are read first, and of small ones the rest at once. */
const PARTS = 2;
const WORKFLOWS = 10;
const lastExecution = `token-${PAGE - 1}:review:1`;

describe('a page that is asked for on PGlite', () => {
  statementsContract(pgliteUnderTest);
});

describe.skipIf(!(await canTestPostgres()))('a page that is asked for on PostgreSQL', () => {
  statementsContract(postgresUnderTest);
});

function statementsContract(open: () => Promise<SqlUnderTest>): void {
  let database: SqlUnderTest;
  let counted: CountedStorage;
  let api: ApiUnderTest;

  beforeAll(async () => {
    database = await open();
    counted = countedStorage(database.sql);
    await fill(counted);
    api = await apiUnderTest({ storage: counted.storage });
  });
  afterAll(async () => {
    await api.stop();
    await database.close();
  });
  beforeEach(() => {
    counted.statements.length = 0;
  });

  async function ask(query: string): Promise<Readonly<Record<string, unknown>>> {
    const response = await api.app.inject({ method: 'POST', url: '/graphql', payload: { query } });
    const { data, errors } = response.json<{ data: Record<string, unknown>; errors?: unknown }>();
    expect(errors).toBeUndefined();
    return data;
  }

  it('has its executions in two statements, and their tokens and workflows in two each; five agents in one', async () => {
    const fields = 'id token { id place workflow { id version } } agent { id version name }';
    const { agentExecutions } = await ask(`{ agentExecutions(first: ${PAGE}) { nodes { ${fields} } } }`);
    const newest = {
      id: lastExecution,
      token: { id: `token-${PAGE - 1}`, place: 'submitted', workflow: { id: 'workflow-9', version: 1 } },
      agent: { id: 'agent-4', version: 1, name: 'Reviewer 4' },
    };
    expect(agentExecutions).toMatchObject({ nodes: { length: PAGE, 0: newest } });
    expect(counted.statements).toHaveLength(3 * PARTS + 1);
  });

  it('has its workflows in two statements, and the place agents of all in two more', async () => {
    const { workflows } = await ask('{ workflows { id diagram placeAgents { id } } }');
    expect(workflows).toHaveLength(WORKFLOWS);
    expect(counted.statements).toHaveLength(2 * PARTS);
  });

  it('has the executions that its tokens wait for in two statements', async () => {
    const { tokens } = await ask(`{ tokens(first: ${PAGE}) { nodes { pending { execution { id } } } } }`);
    expect(tokens).toMatchObject({ nodes: { length: PAGE, 0: { pending: { execution: { id: lastExecution } } } } });
    expect(counted.statements).toHaveLength(2 * PARTS);
  });
}

async function fill({ storage }: CountedStorage): Promise<void> {
  for (let n = 0; n < AGENTS; n += 1)
    await storage.agents.create(`agent-${n}`, anAgent({ name: `Reviewer ${n}` }), NOW);
  for (let n = 0; n < WORKFLOWS; n += 1)
    await storage.workflows.save(`workflow-${n}`, aWorkflow(), { hash: 'a', now: NOW });
  for (let n = 0; n < PAGE; n += 1) {
    const id = `token-${n}`;
    const workflowId = `workflow-${n % WORKFLOWS}`;
    const createdAt = new Date(Date.parse(NOW) + n).toISOString();
    const pending = { transitionId: 'review', executionId: `${id}:review:1`, since: createdAt };
    const created = newToken({ ...aWorkflow(), id: workflowId, version: 1 }, { id }, { now: createdAt });
    const token: Token = { ...created, pending };
    const execution = anExecution({
      id: `${id}:review:1`,
      tokenId: id,
      workflowId,
      agentId: `agent-${n % AGENTS}`,
      createdAt,
    });
    await storage.tokens.record({ token, runId: id, events: [], executions: [execution] });
  }
}
