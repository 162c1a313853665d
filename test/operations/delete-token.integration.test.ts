import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createToken } from '../../src/operations/create-token.js';
import { cancelToken } from '../../src/operations/change-token.js';
import { deleteToken } from '../../src/operations/delete-token.js';
import { fireTransition } from '../../src/operations/fire-transition.js';
import type { OperationParts } from '../../src/operations/operation-parts.js';
import { aTransition, anAgent, anAgentTransition, aWorkflow, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { canTestPostgres, createTestDatabase, onDatabase, type TestDatabase } from '../support/postgres.js';
import { resetWorkflow, taskEnd } from '../support/reset-workflow.js';
import { schemasInThisThread } from '../support/schemas.js';
import { FINISH, ScriptedModel } from '../support/scripted-model.js';
import { unmeasured } from '../support/metrics.js';
import { untraced } from '../support/traces.js';
import { mayNameThisMachine } from '../support/this-machine.js';
import { gatewayOf, startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';

const PLANTED = 'Planted: Mrs Example owes 12,345 and is ill.';

describe.skipIf(!(await canTestPostgres()))('a token that is deleted', () => {
  let database: TestDatabase;
  let under: WorkerUnderTest;
  let parts: OperationParts & Parameters<typeof deleteToken>[0];

  beforeAll(async () => {
    database = await createTestDatabase();
    under = await startWorkerUnderTest(new ScriptedModel([PLANTED, FINISH]), {
      storageUrl: database.url,
      deletesAtOnce: true,
    });
    const { storage, streams } = under;
    parts = {
      storage,
      temporal: gatewayOf(under),
      schemas: schemasInThisThread,
      mayName: mayNameThisMachine,
      metrics: unmeasured,
      traces: untraced,
      closeStream: () => Promise.resolve(),
      removeStreams: (ids) => streams.remove(ids),
      now: () => new Date().toISOString(),
    };
    await storage.agents.create('reviewer', anAgent(), NOW);
    const review = aTransition({ id: 'review', agentExecution: anAgentTransition() });
    await storage.workflows.save('review', aWorkflow({ transitions: [review] }), { hash: 'h', now: NOW });
  });
  afterAll(async () => {
    await under.stop();
    await database.drop();
  });

  function fire(tokenId: string): ReturnType<typeof fireTransition> {
    const input = { tokenId, transitionId: 'review' };
    return fireTransition(parts, input);
  }

  async function dump(): Promise<string> {
    const tables = await onDatabase(
      database.url,
      `select tablename from pg_tables where schemaname = 'circuit_breaker'`,
    );
    const rows = await Promise.all(
      tables.map(({ tablename }) =>
        onDatabase(database.url, `select t::text from circuit_breaker.${String(tablename)} t`),
      ),
    );
    return JSON.stringify(rows);
  }

  async function runsOf(workflowId: string): Promise<readonly string[]> {
    const runs: string[] = [];
    const query = `WorkflowId = '${workflowId}'`;
    for await (const { runId } of under.client.workflow.list({ query })) runs.push(runId);
    return runs;
  }

  it('leaves nothing of what was in it, in storage, its streams, and Temporal with all of its runs', async () => {
    const input = { workflowId: 'review', data: { text: PLANTED }, metadata: { note: PLANTED } };
    await createToken(parts, { id: 'letter', ...input });
    const { executionId = '' } = await fire('letter');
    await eventually(async () => {
      expect(await under.storage.executions.get(executionId)).toMatchObject({ status: 'COMPLETED' });
    });
    await expect(deleteToken(parts, 'letter')).rejects.toMatchObject({ code: 'TOKEN_ACTIVE' });
    await resetWorkflow(under, 'letter', await taskEnd(under, 'letter', 0));
    await cancelToken(parts, 'letter', PLANTED);
    const runs = await eventually(async () => {
      const found = await runsOf('letter');
      expect(found).toHaveLength(2);
      return found;
    });
    expect(await dump()).toContain(PLANTED);

    expect(await deleteToken(parts, 'letter')).toBe(true);

    expect(await dump()).not.toContain(PLANTED);
    const [page] = await under.streams.read([{ executionId, from: 0, limit: 1 }]);
    expect(page?.state).toBe('absent');
    await eventually(async () => {
      for (const runId of runs)
        await expect(under.client.workflow.getHandle('letter', runId).describe()).rejects.toThrow();
      await expect(under.client.workflow.getHandle(executionId).describe()).rejects.toThrow();
    });
    expect(await under.storage.tokens.get('letter')).toBeUndefined();
    expect(await deleteToken(parts, 'letter')).toBe(false);
  });

  it('can begin anew under its id, and is recorded as any other', async () => {
    await createToken(parts, { id: 'again', workflowId: 'review' });
    await cancelToken(parts, 'again', undefined);
    expect(await deleteToken(parts, 'again')).toBe(true);
    await eventually(() => expect(under.client.workflow.getHandle('again').describe()).rejects.toThrow());
    expect(await createToken(parts, { id: 'again', workflowId: 'review' })).toMatchObject({ status: 'ACTIVE' });
    const { executionId = '' } = await fire('again');
    await eventually(async () => {
      expect(await under.storage.executions.get(executionId)).toMatchObject({ status: 'COMPLETED' });
    });
  });
});
