import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { pendingExecution } from '../../src/core/executions/pending-execution.js';
import { cancelToken, updateToken } from '../../src/operations/change-token.js';
import { createToken } from '../../src/operations/create-token.js';
import { cancelExecution, executeAgent } from '../../src/operations/execute-agent.js';
import { fireTransition } from '../../src/operations/fire-transition.js';
import type { OperationParts } from '../../src/operations/operation-parts.js';
import { settledToken } from '../../src/operations/settle-token.js';
import { openStorage } from '../../src/storage/open-storage.js';
import { aDefinition, anAgent, aToken, aWorkflow, NOW } from '../support/builders.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { schemasInThisThread } from '../support/schemas.js';
import { HANG, ScriptedModel } from '../support/scripted-model.js';
import { gatewayOf, startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';
import { unmeasured } from '../support/metrics.js';
import { untraced } from '../support/traces.js';
import { mayNameThisMachine } from '../support/this-machine.js';

let under: WorkerUnderTest;
/** The environment whose worker runs, and another one in the same namespace. */
let ours: OperationParts;
let others: OperationParts;

beforeAll(async () => {
  under = await startWorkerUnderTest(new ScriptedModel([HANG]));
  const { storage } = await openStorage('memory:', { logger: new MemoryLogger() });
  const parts = {
    schemas: schemasInThisThread,
    mayName: mayNameThisMachine,
    metrics: unmeasured,
    traces: untraced,
    now: () => new Date().toISOString(),
  };
  const gateway = (taskQueuePrefix: string) => gatewayOf(under, taskQueuePrefix);
  ours = { ...parts, storage: under.storage, temporal: gateway(under.taskQueue) };
  others = { ...parts, storage, temporal: gateway('staging') };
  for (const { storage: one } of [ours, others]) {
    await one.agents.create('reviewer', anAgent(), NOW);
    await one.workflows.save('review', aWorkflow(), { hash: 'h', now: NOW });
  }
});

afterAll(async () => {
  await under.stop();
});

async function untouched(handle: WorkflowHandle, before: number): Promise<void> {
  const { status, raw } = await handle.describe();
  expect(status.name).toBe('RUNNING');
  expect(raw.workflowExecutionInfo?.historyLength?.toNumber()).toBe(before);
}

describe('in a namespace that is shared with others', { tags: 'ours-only' }, () => {
  it("an execution is refused, without a record, whose id another team's workflow has", async () => {
    const theirs = await under.client.workflow.start('payroll', {
      taskQueue: 'payroll',
      workflowId: 'payroll-2026-11',
    });
    const execute = executeAgent(ours, { id: 'payroll-2026-11', agentId: 'reviewer', input: 'x' });
    await expect(execute).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    const cancel = cancelExecution(ours, 'payroll-2026-11', 'enough');
    await expect(cancel).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const create = createToken(ours, { id: 'payroll-2026-11', workflowId: 'review' });
    await expect(create).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    await untouched(theirs, 2);
    await theirs.terminate();
  });

  it('another environment neither takes our executions for its own nor cancels them', async () => {
    const input = { id: 'shared-run', agentId: 'reviewer', input: 'x' };
    await executeAgent(ours, input);
    await expect(executeAgent(others, input)).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    });
    expect(await others.storage.executions.get('shared-run')).toBeUndefined();
    // As earlier versions left it behind.
    await others.storage.executions.create(pendingExecution({ executionId: 'shared-run', ...input }, NOW));
    expect(await cancelExecution(others, 'shared-run', 'enough')).toMatchObject({ status: 'CANCELLED' });
    const isAskedToStop = async () =>
      (await under.client.workflow.getHandle('shared-run').describe()).raw.workflowExtendedInfo?.cancelRequested ===
      true;
    expect(await isAskedToStop()).toBe(false);
    await cancelExecution(ours, 'shared-run', 'enough');
    expect(await isAskedToStop()).toBe(true);
  });

  it('a token that another environment has forgotten is not changed by it, nor told, nor taken for alive', async () => {
    const token = await createToken(ours, { id: 'shared', workflowId: 'review' });
    const lost = { ...aToken(aDefinition()), id: 'shared' };
    await others.storage.tokens.record({ token: lost, runId: 'an earlier life', events: [], executions: [] });
    const handle = under.client.workflow.getHandle('shared');
    // Its first workflow task is over then.
    await handle.query('token');
    const before = (await handle.describe()).raw.workflowExecutionInfo?.historyLength?.toNumber() ?? 0;
    const fire = { tokenId: 'shared', transitionId: 'review' };
    await others.temporal.tellPlaceAgentsChanged('shared');
    await expect(fireTransition(others, fire)).rejects.toMatchObject({ code: 'TOKEN_CLOSED' });
    await expect(updateToken(others, 'shared', { data: { a: 1 } })).rejects.toMatchObject({ code: 'TOKEN_CLOSED' });
    await expect(cancelToken(others, 'shared', 'enough')).rejects.toMatchObject({ code: 'TOKEN_CLOSED' });
    expect(await settledToken(others, 'shared')).toMatchObject({ status: 'TERMINATED' });
    await untouched(handle, before);
    expect(await settledToken(ours, 'shared')).toEqual(token);
    expect((await fireTransition(ours, fire)).token.place).toBe('reviewed');
  });

  it('a token that another one of ours follows under its id is followed', async () => {
    await createToken(ours, { id: 'followed', workflowId: 'review' });
    await cancelToken(ours, 'followed', 'enough');
    const args = [{ workflowId: 'review' }];
    const options = { taskQueue: under.taskQueue, workflowId: 'followed', args };
    const handle = await under.client.workflow.start('tokenLifecycle', options);
    const fire = { tokenId: 'followed', transitionId: 'review' };
    expect((await fireTransition(ours, fire)).token).toMatchObject({ place: 'reviewed', version: 2 });
    expect((await handle.query<{ place: string }>('token')).place).toBe('reviewed');
  });
});
