import { fileURLToPath } from 'node:url';

import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';

import { WORKFLOW_BUNDLER } from '../../src/compose/workflow-bundler.js';
import type { WorkerUnderTest } from './worker-under-test.js';

const WORKFLOWS = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));

/** Replays what all runs under an id have lived so far, and rejects where a replay takes another way. Gives how many runs there are. */
export async function replayRuns(under: WorkerUnderTest, workflowId: string): Promise<number> {
  const workflowBundle = await bundled();
  let runs = 0;
  for await (const { runId } of under.client.workflow.list({ query: `WorkflowId = "${workflowId}"` })) {
    const history = await under.client.workflow.getHandle(workflowId, runId).fetchHistory();
    await Worker.runReplayHistory({ workflowBundle }, history, workflowId);
    runs += 1;
  }
  return runs;
}

let bundle: Promise<{ code: string }> | undefined;

function bundled(): Promise<{ code: string }> {
  const logger = new DefaultLogger('ERROR');
  bundle ??= bundleWorkflowCode({ workflowsPath: WORKFLOWS, logger, ...WORKFLOW_BUNDLER });
  return bundle;
}
