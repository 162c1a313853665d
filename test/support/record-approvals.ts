import type { WorkflowHandle } from '@temporalio/client';

import { anAgent, NOW } from './builders.js';
import type { WorkerUnderTest } from './worker-under-test.js';

/** Two tool calls in one turn, of which a person is asked about both. The model has to ask for `lookup` as `a` and as `b`. */
export async function recordApprovals(
  under: WorkerUnderTest,
  save: (name: string, workflowId: string) => Promise<unknown>,
): Promise<void> {
  const asking = { tools: ['lookup'], approvalRequired: ['lookup'] };
  await under.storage.agents.create('asker', anAgent(asking), NOW);
  await under.storage.agents.create('hurried', anAgent({ ...asking, approvalTimeoutSeconds: 1 }), NOW);

  // One is rejected, and one is made with other arguments.
  const answered = await start(under, 'approved', 'asker');
  await areAsked(answered);
  await answered.executeUpdate('rejectToolCall', { args: [{ toolCallId: 'b', reason: 'Not that one.' }] });
  await answered.executeUpdate('approveToolCall', { args: [{ toolCallId: 'a', arguments: { id: 'c' } }] });
  await answered.result();
  await save('execution-with-approvals', 'approved');

  const expired = await start(under, 'expired', 'hurried');
  await expired.result();
  await save('execution-with-expired-approvals', 'expired');

  const cancelled = await start(under, 'cancelled-while-waiting', 'asker');
  await areAsked(cancelled);
  await cancelled.cancel();
  await cancelled.result().catch(() => undefined);
  await save('execution-cancelled-while-waiting', 'cancelled-while-waiting');
}

async function start({ client, taskQueue }: WorkerUnderTest, workflowId: string, agentId: string) {
  const args = [{ executionId: workflowId, agentId, input: 'TOOL' }];
  return await client.workflow.start('agentExecution', { taskQueue, workflowId, args });
}

async function areAsked(handle: Pick<WorkflowHandle, 'query'>): Promise<void> {
  while ((await handle.query<readonly object[]>('pendingApprovals')).length < 2) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
