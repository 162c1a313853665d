import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { AGENT_EXECUTION } from '../../src/contract/messages.js';
import type { ToolApproval } from '../../src/core/executions/tool-approval.js';
import { approveToolCall, rejectToolCall } from '../../src/operations/decide-tool-call.js';
import { cancelExecution } from '../../src/operations/execute-agent.js';
import type { OperationParts } from '../../src/operations/operation-parts.js';
import { defineTool } from '../../src/tools/define-tool.js';
import { asks, AskingModel } from '../support/asking-model.js';
import { anAgent, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { schemasInThisThread } from '../support/schemas.js';
import { unmeasured } from '../support/metrics.js';
import { untraced } from '../support/traces.js';
import { mayNameThisMachine } from '../support/this-machine.js';
import { gatewayOf, startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';

const ROUNDS = 8;

describe('answers of several API processes to one call', () => {
  const model = new AskingModel();
  const paid: { readonly amount: number; readonly key: string }[] = [];
  let under: WorkerUnderTest;
  let here: OperationParts;
  let elsewhere: OperationParts;

  beforeAll(async () => {
    const pay = defineTool({
      name: 'pay',
      description: 'Pays.',
      input: z.object({ amount: z.number() }),
      needsApproval: true,
      run: ({ amount }, { idempotencyKey }) => {
        paid.push({ amount, key: idempotencyKey });
        return { paid: amount };
      },
    });
    under = await startWorkerUnderTest(model, { tools: [pay] });
    await under.storage.agents.create('hasty', anAgent({ tools: ['pay'], approvalTimeoutSeconds: 1 }), NOW);
    const now = () => new Date().toISOString();
    const parts = {
      storage: under.storage,
      schemas: schemasInThisThread,
      mayName: mayNameThisMachine,
      metrics: unmeasured,
      traces: untraced,
      now,
    };
    here = { ...parts, temporal: gatewayOf(under) };
    elsewhere = { ...parts, temporal: gatewayOf(under) };
  });

  afterAll(async () => {
    await under.stop();
  });

  const approvalOf = async (id: string): Promise<ToolApproval> => {
    const approval = (await under.storage.tools.approvals([id]))[0]?.[0];
    if (approval === undefined) throw new Error('nobody has been asked yet');
    return approval;
  };

  async function asked(executionId: string): Promise<ToolApproval> {
    model.steps = [asks(['pay', { amount: 7 }]), 'Done.'];
    await under.client.workflow.start(AGENT_EXECUTION, {
      taskQueue: under.taskQueue,
      workflowId: executionId,
      args: [{ executionId, agentId: 'hasty', input: 'Pay.' }],
    });
    return await eventually(() => approvalOf(executionId));
  }

  /** Says three things at once, and gives what was decided and what was paid. */
  async function answered(executionId: string, also: readonly Promise<unknown>[] = []) {
    const call = { executionId, toolCallId: 'c0' };
    const results = await Promise.allSettled([
      approveToolCall(elsewhere, { ...call, ...{ arguments: { amount: 100 } } }),
      approveToolCall(here, call),
      rejectToolCall(elsewhere, call),
    ]);
    await Promise.all(also);
    const handle = under.client.workflow.getHandle(executionId);
    await handle.result().catch(() => undefined);
    const { decision } = await approvalOf(executionId);
    const isSomebodys = decision?.decision === 'approved' || decision?.decision === 'rejected';
    const heard = results.filter(({ status }) => status === 'fulfilled');
    expect(heard, executionId).toHaveLength(isSomebodys ? 1 : 0);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason, executionId).toMatchObject({ code: 'ALREADY_DECIDED' });
    }
    expect(await handle.query('pendingApprovals')).toEqual([]);
    expect((await under.storage.tools.listWaiting({ first: 10 })).items).toEqual([]);
    const meant = decision?.decision === 'approved' ? [(decision.arguments ?? { amount: 7 })['amount']] : [];
    return { meant, paid: paid.filter(({ key }) => key === `${executionId}:1:0`).map(({ amount }) => amount) };
  }

  it('that come as the time is over count for one of them or for none, and the call is made as that one said', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { expiresAt } = await asked(`late-${round}`);
      await delay(Date.parse(expiresAt) - Date.now() - 20 + round * 5);
      const came = await answered(`late-${round}`);
      expect(came.paid, `late-${round}`).toEqual(came.meant);
    }
  });

  it('that come as the execution is cancelled count for one of them or for none, and nothing else is made', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const id = `cancelled-${round}`;
      await asked(id);
      const came = await answered(id, [cancelExecution(here, id, 'at this moment').catch(() => undefined)]);
      expect(came.meant, id).toEqual(expect.arrayContaining(came.paid));
    }
  });
});
