import type { Client } from '@temporalio/client';

import { AGENT_EXECUTION, TOKEN_LIFECYCLE, taskQueues } from '../contract/messages.js';
import type { RunOfWorkflow } from './worker-builds.js';

const PAGE = 100;

/** Of what runs: what any worker without a build takes, as Temporal's list is searched. */
export const WITHOUT_BUILD = 'TemporalWorkerDeploymentVersion IS NULL';
/** What is held by a build. */
export const WITH_BUILD = 'TemporalWorkerDeploymentVersion IS NOT NULL';

/** What runs of our Temporal workflows of some types, as Temporal's list is searched. */
export function runningQuery(taskQueuePrefix: string, types: readonly string[], which: string | undefined): string {
  return [
    `WorkflowType IN (${types.map((one) => `"${one}"`).join(', ')})`,
    `TaskQueue = "${taskQueues(taskQueuePrefix).main}"`,
    'ExecutionStatus = "Running"',
    ...(which === undefined ? [] : [which]),
  ].join(' AND ');
}

/** How many tokens and executions run, as Temporal counts them: what began a moment ago may not be among them. */
export async function countRuns(client: Client, taskQueuePrefix: string, which: string): Promise<number> {
  return (await client.workflow.count(runningQuery(taskQueuePrefix, [TOKEN_LIFECYCLE, AGENT_EXECUTION], which))).count;
}

/** As the server lists them, the newest first. The client's own list decrypts memos, and fails where a key is missing. */
export async function* runsOf(client: Client, query: string): AsyncGenerator<RunOfWorkflow> {
  const { namespace } = client.options;
  let nextPageToken: Uint8Array = new Uint8Array();
  do {
    const request = { namespace, query, pageSize: PAGE, nextPageToken };
    const page = await client.workflowService.listWorkflowExecutions(request);
    for (const { execution } of page.executions) {
      yield { workflowId: execution?.workflowId ?? '', runId: execution?.runId ?? '' };
    }
    ({ nextPageToken } = page);
  } while (nextPageToken.length > 0);
}
