import { allAnswered, refused } from './batch-servers/batch-server.js';
import type { OpenAiBatchServer } from './batch-servers/openai-batch-server.js';
import { anAgent, NOW } from './builders.js';
import type { WorkerUnderTest } from './worker-under-test.js';

type Save = (name: string, workflowId: string, runId?: string) => Promise<unknown>;

const openai = (model: string) => ({ type: 'openai' as const, model, headers: {}, options: {} });

/** What gathers turns, what brings them to a provider, and executions that get their answer so, tire of waiting, or go on with a fallback. */
export async function recordBatches(under: WorkerUnderTest, save: Save, server: OpenAiBatchServer): Promise<void> {
  const batched = { llmProvider: openai('m'), delivery: 'batch' as const };
  const { agents } = under.storage;
  await agents.create('patient', anAgent({ ...batched, fallbacks: [{ llmProvider: openai('other') }] }), NOW);
  await agents.create('hasty', anAgent({ ...batched, maxWaitSeconds: 3 }), NOW);

  await (await start(under, 'in-a-batch', 'patient')).result();
  await save('execution-in-a-batch', 'in-a-batch');
  const whole = batchOf(server);
  await save('batch-whole', whole);
  const collector = (await under.client.workflow.getHandle(whole).describe()).parentExecution?.workflowId ?? '';
  await under.client.workflow.getHandle(collector).result();
  await save('batch-collector', collector);

  server.ending = (lines) => ({ status: 'completed', lines: lines.map((line) => refused(line, 500, 'server_error')) });
  await (await start(under, 'by-fallback', 'patient')).result();
  await save('execution-by-fallback-after-batch', 'by-fallback');
  server.ending = allAnswered;

  server.isHeld = true;
  const hasty = await start(under, 'out-of-a-batch', 'hasty');
  // A batch that nobody waits for would be cancelled.
  await start(under, 'still-in-a-batch', 'patient');
  await hasty.result();
  await save('execution-that-left-its-batch', 'out-of-a-batch');
  await recordContinued(under, save, server);
}

/** It waits for its provider for so long that it goes on as a new run. */
async function recordContinued({ client }: WorkerUnderTest, save: Save, server: OpenAiBatchServer): Promise<void> {
  const id = batchOf(server);
  const runId = async () => (await client.workflow.getHandle(id).describe()).runId;
  const first = await runId();
  while ((await runId()) === first) await new Promise((resolve) => setTimeout(resolve, 200));
  server.isHeld = false;
  await client.workflow.getHandle(id).result();
  await save('batch-continued-first-run', id, first);
  await save('batch-continued-last-run', id, await runId());
}

/** The Temporal workflow of the batch that was submitted last. */
function batchOf({ batches }: OpenAiBatchServer): string {
  return `model-batch/${batches.at(-1)?.named ?? ''}`;
}

async function start({ client, taskQueue }: WorkerUnderTest, workflowId: string, agentId: string) {
  const args = [{ executionId: workflowId, agentId, input: { text: 'Hello' } }];
  return await client.workflow.start('agentExecution', { taskQueue, workflowId, args });
}
