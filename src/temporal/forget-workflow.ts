import type { Client } from '@temporalio/client';

import { grpcCode, NOT_FOUND } from './api-error-from-temporal.js';
import type { OwnWorkflows, WorkflowKind } from './own-workflows.js';

interface Surroundings {
  readonly client: Client;
  readonly own: OwnWorkflows;
  readonly taskQueue: string;
}

/**
 * Deletes all that Temporal keeps of one of our Temporal workflows: every run of it, the newest last, so that whoever is cut off finds the
 * others again. Safe to repeat. The server may take a moment to do it.
 */
export async function forgetWorkflow(surroundings: Surroundings, kind: WorkflowKind, id: string): Promise<void> {
  const { client, own } = surroundings;
  const newest = await own.describe(kind, id);
  const runs = new Set(await listedRuns(surroundings, kind, id));
  if (newest !== undefined) runs.add(newest.runId);
  // A set grows while it is walked: of each run those that it came from.
  for (const runId of runs) for (const before of await runsBefore(client, id, runId)) runs.add(before);
  const last = newest?.runId;
  for (const runId of [...runs].filter((one) => one !== last)) await deleteRun(client, id, runId);
  if (last !== undefined) await deleteRun(client, id, last);
  own.forget(kind, id);
}

/** Also those that no other leads to: what was reset is in no history but its own. */
async function listedRuns(
  { client, taskQueue }: Surroundings,
  kind: WorkflowKind,
  id: string,
): Promise<readonly string[]> {
  const text = id.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  const query = `WorkflowId = '${text}' AND WorkflowType = '${kind}' AND TaskQueue = '${taskQueue}'`;
  const runs: string[] = [];
  for await (const { runId } of client.workflow.list({ query })) runs.push(runId);
  return runs;
}

/** The run that this one continues, and the one that was reset into it. */
async function runsBefore(client: Client, workflowId: string, runId: string): Promise<readonly string[]> {
  const { namespace } = client.options;
  try {
    const { history } = await client.workflowService.getWorkflowExecutionHistory({
      namespace,
      execution: { workflowId, runId },
      maximumPageSize: 1,
    });
    const started = history?.events?.[0]?.workflowExecutionStartedEventAttributes;
    const { continuedExecutionRunId, originalExecutionRunId, firstExecutionRunId } = started ?? {};
    const found = [continuedExecutionRunId, originalExecutionRunId, firstExecutionRunId];
    return found.filter((one) => one != null && one !== '').map(String);
  } catch (error) {
    if (grpcCode(error) !== NOT_FOUND) throw error;
    return [];
  }
}

async function deleteRun(client: Client, workflowId: string, runId: string): Promise<void> {
  const { namespace } = client.options;
  try {
    await client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId, runId } });
  } catch (error) {
    if (grpcCode(error) !== NOT_FOUND) throw error;
  }
}
