import { Worker } from '@temporalio/worker';

import { bundledWorkflows } from './bundled-workflows.js';
import type { WorkerUnderTest } from './worker-under-test.js';

/** Replays what all runs under an id have lived so far, and rejects where a replay takes another way. Gives how many runs there are. */
export async function replayRuns(under: Pick<WorkerUnderTest, 'client'>, workflowId: string): Promise<number> {
  const workflowBundle = await bundledWorkflows();
  let runs = 0;
  for await (const { runId } of under.client.workflow.list({ query: `WorkflowId = "${workflowId}"` })) {
    const history = await under.client.workflow.getHandle(workflowId, runId).fetchHistory();
    await Worker.runReplayHistory({ workflowBundle }, history, workflowId);
    runs += 1;
  }
  return runs;
}
