import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { AGENT_EXECUTION } from '../../src/contract/messages.js';
import { searchAttributes } from '../../src/contract/search-attributes.js';
import type { AgentExecution } from '../../src/core/executions/execution.js';
import type { ToolApproval } from '../../src/core/executions/tool-approval.js';
import { cancelExecution } from '../../src/operations/execute-agent.js';
import { approveToolCall, rejectToolCall } from '../../src/operations/decide-tool-call.js';
import type { OperationParts } from '../../src/operations/operation-parts.js';
import { settledExecution } from '../../src/reconcile/cut-off.js';
import { defineTool } from '../../src/tools/define-tool.js';
import { asks, AskingModel, type Step } from '../support/asking-model.js';
import { anAgent, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { schemasInThisThread } from '../support/schemas.js';
import { gatewayOf, startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';
import { unmeasured } from '../support/metrics.js';
import { untraced } from '../support/traces.js';
import { mayNameThisMachine } from '../support/this-machine.js';

const paid: { readonly amount: number; readonly key: string }[] = [];
const pay = defineTool({
  name: 'pay',
  description: 'Pays.',
  input: z.object({ amount: z.number().max(1000) }),
  needsApproval: true,
  run: ({ amount }, { idempotencyKey }) => {
    paid.push({ amount, key: idempotencyKey });
    return { paid: amount };
  },
});
const look = defineTool({
  name: 'look',
  description: 'Looks.',
  input: z.object({ at: z.string() }),
  run: ({ at }) => ({ seen: at }),
});

const model = new AskingModel();
let under: WorkerUnderTest;
let parts: OperationParts;
let count = 0;

beforeAll(async () => {
  under = await startWorkerUnderTest(model, { tools: [pay, look] });
  const { agents } = under.storage;
  await agents.create('payer', anAgent({ tools: ['pay', 'look'] }), NOW);
  await agents.create('careful', anAgent({ tools: ['look'], approvalRequired: ['look'] }), NOW);
  await agents.create('hasty', anAgent({ tools: ['pay'], approvalTimeoutSeconds: 1 }), NOW);
  const now = () => new Date().toISOString();
  parts = {
    storage: under.storage,
    temporal: gatewayOf(under),
    schemas: schemasInThisThread,
    mayName: mayNameThisMachine,
    metrics: unmeasured,
    traces: untraced,
    now,
  };
});

beforeEach(() => {
  model.requests = [];
  paid.length = 0;
});

afterAll(async () => {
  await under.stop();
});

const handleOf = (id: string) => under.client.workflow.getHandle(id);
const PAY_SEVEN: Step = asks(['pay', { amount: 7 }]);

async function start(steps: Step[], agentId = 'payer'): Promise<string> {
  model.steps = steps;
  const executionId = `approval-${(count += 1)}`;
  await under.client.workflow.start(AGENT_EXECUTION, {
    taskQueue: under.taskQueue,
    workflowId: executionId,
    args: [{ executionId, agentId, input: 'Pay.' }],
  });
  return executionId;
}

const executionOf = async (id: string): Promise<AgentExecution> => {
  const execution = await under.storage.executions.get(id);
  if (execution === undefined) throw new Error('it is not stored yet');
  return execution;
};

const approvalsOf = async (id: string): Promise<readonly ToolApproval[]> =>
  (await under.storage.tools.approvals([id]))[0] ?? [];

const waitingIds = async () =>
  (await under.storage.tools.listWaiting({ first: 200 })).items.map(
    ({ item }) => `${item.executionId} ${item.toolCallId}`,
  );

/** Waits until so many calls of an execution wait for a person. */
const waits = (id: string, calls = 1) =>
  eventually(async () => {
    expect(await executionOf(id)).toMatchObject({ status: 'WAITING_FOR_APPROVAL' });
    expect((await approvalsOf(id)).filter(({ decision }) => decision === undefined)).toHaveLength(calls);
  });

async function asked(steps: Step[], agentId?: string): Promise<string> {
  const id = await start(steps, agentId);
  await waits(id);
  return id;
}

async function ended(id: string): Promise<AgentExecution> {
  await handleOf(id)
    .result()
    .catch(() => undefined);
  return await eventually(async () => {
    const execution = await executionOf(id);
    expect(execution.completedAt).toBeDefined();
    return execution;
  });
}

async function eventsOf(id: string) {
  return await eventually(async () => {
    const [page] = await under.streams.read([{ executionId: id, from: 0, limit: 100 }]);
    if (page?.state !== 'closed') throw new Error('the stream is open');
    return page.entries.flatMap((entry) => entry.events);
  });
}

const approve = (executionId: string, more: object = {}, toolCallId = 'c0') =>
  approveToolCall(parts, { executionId, toolCallId, ...more });
const reject = (executionId: string, more: object = {}, toolCallId = 'c0') =>
  rejectToolCall(parts, { executionId, toolCallId, ...more });

/** The failure that a plain client gets for a refused update. */
async function refusal(update: Promise<unknown>): Promise<ApplicationFailure> {
  const error: unknown = await update.catch((caught: unknown) => caught);
  if (!(error instanceof WorkflowUpdateFailedError) || !(error.cause instanceof ApplicationFailure)) throw error;
  return error.cause;
}

describe('a call that a person has to approve', () => {
  it('waits without being made, is in the inbox, and is made once it is approved', async () => {
    const id = await asked([PAY_SEVEN, 'Paid.']);
    const [approval] = await approvalsOf(id);
    expect(approval).toMatchObject({ executionId: id, toolCallId: 'c0', toolName: 'pay', arguments: { amount: 7 } });
    const waitsMs = Date.parse(approval?.expiresAt ?? '') - Date.parse(approval?.requestedAt ?? '');
    expect(waitsMs).toBe(7 * 86_400_000);
    expect(await handleOf(id).query('pendingApprovals')).toEqual([approval]);
    expect(await waitingIds()).toContain(`${id} c0`);
    expect(paid).toEqual([]);
    expect(await approve(id)).toMatchObject({ id, status: 'RUNNING' });
    expect(await waitingIds()).not.toContain(`${id} c0`);
    expect(await ended(id)).toMatchObject({ status: 'COMPLETED', finalResponse: 'Paid.', warnings: [] });
    expect(paid).toEqual([{ amount: 7, key: `${id}:1:0` }]);
    expect(model.told).toEqual([['c0', '{"paid":7}']]);
    expect((await approvalsOf(id))[0]?.decision).toMatchObject({ decision: 'approved' });
    expect(await handleOf(id).query('pendingApprovals')).toEqual([]);
  });

  it('is shown in the stream, which ends with the stored text', async () => {
    const id = await asked([PAY_SEVEN, 'Paid.']);
    await approve(id, { arguments: { amount: 5 } });
    const { finalResponse } = await ended(id);
    const events = await eventsOf(id);
    const call = { toolName: 'pay', toolCallId: 'c0' };
    expect(events).toMatchObject([
      { eventType: 'attempt_started' },
      { eventType: 'content_chunk' },
      { eventType: 'thinking', status: 'waiting_for_approval', ...call },
      { eventType: 'thinking', status: 'calling_tool' },
      { eventType: 'tool_call', ...call, arguments: { amount: 5 } },
      { eventType: 'tool_result', ...call, approval: { decision: 'approved', arguments: { amount: 5 } } },
      { eventType: 'attempt_started', turn: 2 },
      { eventType: 'content_chunk', content: finalResponse },
      { eventType: 'completed', final_response: finalResponse },
    ]);
  });

  it('is made with the arguments that a person gave, and its model is told so', async () => {
    const id = await asked([PAY_SEVEN, 'Paid less.']);
    await approve(id, { arguments: { amount: 5 } });
    await ended(id);
    expect(paid).toEqual([{ amount: 5, key: `${id}:1:0` }]);
    expect(model.told[0]?.[1]).toBe(
      'A person changed the arguments of the call to {"amount":5}. What came of it: {"paid":5}',
    );
    const [approval] = await approvalsOf(id);
    expect(approval).toMatchObject({ arguments: { amount: 7 }, decision: { arguments: { amount: 5 } } });
  });

  it('goes on waiting where the arguments that a person gave do not fit its tool, or are too large', async () => {
    const id = await asked([PAY_SEVEN, 'Paid.']);
    await expect(approve(id, { arguments: { amount: 5000 } })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      facts: { problems: [{ pointer: '/arguments/amount', message: expect.any(String) as string }] },
    });
    const large = { amount: 5, note: 'x'.repeat(70_000) };
    await expect(approve(id, { arguments: large })).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    await expect(approve(id, { arguments: [5] })).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    await waits(id);
    await approve(id);
    expect(await ended(id)).toMatchObject({ status: 'COMPLETED' });
  });

  it('is told to its model as rejected, with the reason, and its agent goes on', async () => {
    const id = await asked([PAY_SEVEN, 'Then not.']);
    await reject(id, { reason: 'The order is unknown.' });
    expect(await ended(id)).toMatchObject({ status: 'COMPLETED', finalResponse: 'Then not.' });
    expect(model.told[0]?.[1]).toContain('Error: A person rejected the call: The order is unknown.');
    expect(paid).toEqual([]);
    expect((await eventsOf(id))[3]).toMatchObject({
      eventType: 'tool_result',
      approval: { decision: 'rejected', reason: 'The order is unknown.' },
    });
  });

  it('ends its execution with approval_rejected where a person says stop, whatever else waits', async () => {
    const id = await start([asks(['pay', { amount: 7 }], ['pay', { amount: 8 }]), 'Never said.']);
    await waits(id, 2);
    await reject(id, { stop: true, reason: 'Fraud.' }, 'c1');
    expect(await ended(id)).toMatchObject({
      status: 'FAILED',
      errorCode: 'approval_rejected',
      errorMessage: 'A person rejected the call of tool "pay" and stopped the execution: Fraud.',
    });
    expect((await waitingIds()).filter((one) => one.startsWith(`${id} `))).toEqual([]);
    await expect(approve(id)).rejects.toMatchObject({ code: 'ALREADY_DECIDED' });
    await expect(reject(id, { stop: true, reason: 'Fraud.' }, 'c1')).resolves.toMatchObject({ status: 'FAILED' });
    expect(paid).toEqual([]);
  });

  it('counts as rejected when nobody says anything in time', async () => {
    const id = await asked([PAY_SEVEN, 'Nobody was there.'], 'hasty');
    expect(await ended(id)).toMatchObject({ status: 'COMPLETED', finalResponse: 'Nobody was there.' });
    expect(model.told[0]?.[1]).toContain('Error: Nobody approved the call in time');
    expect((await approvalsOf(id))[0]?.decision).toMatchObject({ decision: 'expired' });
    await expect(approve(id)).rejects.toMatchObject({ code: 'ALREADY_DECIDED' });
    expect(paid).toEqual([]);
  });

  it('keeps no other call of its turn waiting, and the results come in the order of the calls', async () => {
    const id = await asked([asks(['pay', { amount: 7 }], ['look', { at: 'it' }]), 'Done.']);
    await eventually(async () => {
      expect([...(await under.storage.tools.outcomes(id, 1)).keys()]).toEqual([1]);
    });
    expect(model.requests).toHaveLength(1);
    await approve(id);
    await ended(id);
    expect(model.told).toEqual([
      ['c0', '{"paid":7}'],
      ['c1', '{"seen":"it"}'],
    ]);
  });

  it('is any of a tool that its agent says so of', async () => {
    const id = await asked([asks(['look', { at: 'it' }]), 'Seen.'], 'careful');
    await approve(id);
    expect(await ended(id)).toMatchObject({ finalResponse: 'Seen.' });
  });

  it('is not asked about where its arguments do not fit', async () => {
    const id = await start([asks(['pay', { amount: 'seven' }]), 'Then not.']);
    expect(await ended(id)).toMatchObject({ status: 'COMPLETED' });
    expect(model.told[0]?.[1]).toContain('Error: The arguments do not fit: /amount');
    expect(await approvalsOf(id)).toEqual([]);
  });

  it('is not asked about where no person could read its arguments', async () => {
    const id = await start([asks(['pay', { amount: 7, note: 'x'.repeat(70_000) }]), 'Then not.']);
    expect(await ended(id)).toMatchObject({ status: 'COMPLETED' });
    expect(model.told[0]?.[1]).toContain('its arguments have more than 65536 bytes');
    expect(await approvalsOf(id)).toEqual([]);
  });
});

describe('an answer', () => {
  it('counts once: the same again is the same, another one is ALREADY_DECIDED, also after the end', async () => {
    const id = await asked([PAY_SEVEN, 'Paid.']);
    await approve(id);
    await expect(approve(id)).resolves.toMatchObject({ id });
    await expect(reject(id)).rejects.toMatchObject({ code: 'ALREADY_DECIDED' });
    await ended(id);
    await expect(approve(id)).resolves.toMatchObject({ id, status: 'COMPLETED' });
    await expect(approve(id, { arguments: { amount: 7 } })).resolves.toMatchObject({ id });
    await expect(approve(id, { arguments: { amount: 6 } })).rejects.toMatchObject({ code: 'ALREADY_DECIDED' });
    await expect(reject(id, { stop: true })).rejects.toMatchObject({ code: 'ALREADY_DECIDED' });
    expect(paid).toHaveLength(1);
  });

  it('of several people at once counts where it was first, and the others are told', async () => {
    const id = await asked([PAY_SEVEN, 'Done.']);
    const said = [
      approve(id),
      approve(id, { arguments: { amount: 1 } }),
      approve(id, { arguments: { amount: 2 } }),
      reject(id, { reason: 'No.' }),
      reject(id, { reason: 'Never.' }),
    ];
    const results = await Promise.allSettled(said);
    const refused = results.flatMap((one) => (one.status === 'rejected' ? [one.reason as { code: string }] : []));
    expect(refused.map(({ code }) => code)).toEqual(Array(4).fill('ALREADY_DECIDED'));
    await ended(id);
    expect(paid.length).toBeLessThanOrEqual(1);
  });

  it('to an execution or a call that there is not is NOT_FOUND', async () => {
    await expect(approve('no-such-execution')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const id = await asked([PAY_SEVEN, 'Paid.']);
    await expect(approve(id, {}, 'c7')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await approve(id);
    await ended(id);
    await expect(reject(id, {}, 'c7')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each<object>([{}, { toolCallId: 7 }, { toolCallId: 'c0', arguments: 'none' }, { toolCallId: 'c0', stop: 'yes' }])(
    'that is none is refused at every door, and the call goes on waiting: %j',
    async (garbage) => {
      const id = await asked([PAY_SEVEN, 'Paid.']);
      const name = 'stop' in garbage ? 'rejectToolCall' : 'approveToolCall';
      const update = handleOf(id).executeUpdate(name, { args: [garbage] });
      expect((await refusal(update)).type).toBe('VALIDATION_FAILED');
      await approve(id);
      expect(await ended(id)).toMatchObject({ status: 'COMPLETED' });
    },
  );

  it('may come from a plain Temporal client, by the id of the execution alone', async () => {
    const id = await asked([PAY_SEVEN, 'Paid.']);
    const handle = handleOf(id);
    const [pending] = await handle.query<readonly ToolApproval[]>('pendingApprovals');
    const unknown = handle.executeUpdate('approveToolCall', { args: [{ toolCallId: 'c7' }] });
    expect((await refusal(unknown)).type).toBe('NOT_FOUND');
    const args: [object] = [{ toolCallId: pending?.toolCallId, arguments: { amount: 3 } }];
    const decided = await handle.executeUpdate<ToolApproval, [object]>('approveToolCall', { args });
    expect(decided).toMatchObject({ ...pending, decision: { decision: 'approved', arguments: { amount: 3 } } });
    expect(await handle.executeUpdate('approveToolCall', { args })).toEqual(decided);
    const other = handle.executeUpdate('rejectToolCall', { args: [{ toolCallId: 'c0' }] });
    expect((await refusal(other)).type).toBe('ALREADY_DECIDED');
    await ended(id);
    expect(paid).toEqual([{ amount: 3, key: `${id}:1:0` }]);
  });
});

describe('an execution that waits for a person', () => {
  it('is found by its status in Temporal, which follows', async () => {
    const id = await asked([PAY_SEVEN, 'Paid.']);
    const isShown = (status: string) =>
      eventually(async () => {
        expect((await handleOf(id).describe()).typedSearchAttributes.get(searchAttributes.status)).toBe(status);
      });
    await isShown('WAITING_FOR_APPROVAL');
    await approve(id);
    await ended(id);
    await isShown('COMPLETED');
  });

  it('ends when it is cancelled, and nobody is asked any more', async () => {
    const id = await asked([PAY_SEVEN, 'Paid.']);
    await cancelExecution(parts, id, 'not needed');
    expect(await ended(id)).toMatchObject({ status: 'CANCELLED' });
    expect((await eventsOf(id)).at(-1)).toMatchObject({ eventType: 'failed', status: 'cancelled' });
    expect(await waitingIds()).not.toContain(`${id} c0`);
    expect(await handleOf(id).query('pendingApprovals')).toEqual([]);
    await expect(approve(id)).rejects.toMatchObject({ code: 'ALREADY_DECIDED' });
    expect(paid).toEqual([]);
  });

  it('ends when it is terminated in Temporal, and nobody is asked any more', async () => {
    const id = await asked([PAY_SEVEN, 'Paid.']);
    await handleOf(id).terminate();
    const settling = { ...parts, closeStream: () => Promise.resolve() };
    expect(await settledExecution(settling, id)).toMatchObject({ status: 'TERMINATED' });
    expect(await waitingIds()).not.toContain(`${id} c0`);
    await expect(approve(id)).rejects.toMatchObject({ code: 'ALREADY_DECIDED' });
  });
});
