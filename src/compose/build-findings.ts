import type { Client } from '@temporalio/client';

import { AGENT_EXECUTION, TOKEN_LIFECYCLE } from '../contract/messages.js';
import { isServed } from '../temporal/held-by-build.js';
import { runningQuery, runsOf } from '../temporal/running-workflows.js';
import type { WorkerBuilds } from '../temporal/worker-builds.js';

/** A build of the deployment, and what it holds. */
export interface BuildFinding {
  readonly buildId: string;
  /** What begins goes there. */
  readonly isCurrent: boolean;
  readonly tokens: number;
  readonly executions: number;
  /** Whether a worker of it has answered for one of them; absent: it holds none. */
  readonly answers?: boolean;
}

/** A worker that runs answers within milliseconds; one that is frozen is given up by Temporal after ten seconds. */
const ANSWERS_WITHIN_MS = 5000;

/** The builds of a deployment, the newest first. None: no worker of it has polled yet. */
export async function buildFindings(
  client: Client,
  builds: WorkerBuilds,
  taskQueuePrefix: string,
): Promise<readonly BuildFinding[]> {
  const routing = await builds.routing();
  if (routing === undefined) return [];
  return await Promise.all(
    routing.builds.map(async (buildId) => {
      const which = `TemporalWorkerDeploymentVersion = ${builds.searchedAs(buildId)}`;
      const query = (type: string) => runningQuery(taskQueuePrefix, [type], which);
      const [tokens, executions] = await Promise.all(
        [TOKEN_LIFECYCLE, AGENT_EXECUTION].map(async (type) => (await client.workflow.count(query(type))).count),
      );
      const answers = await answersFor(client, [
        { running: query(TOKEN_LIFECYCLE), query: 'token' },
        { running: query(AGENT_EXECUTION), query: 'pendingApprovals' },
      ]);
      return {
        buildId,
        isCurrent: buildId === routing.current,
        ...{ tokens: tokens ?? 0, executions: executions ?? 0 },
        ...(answers === undefined ? {} : { answers }),
      };
    }),
  );
}

/** Asks the first that there is. */
async function answersFor(
  client: Client,
  kinds: readonly { readonly running: string; readonly query: string }[],
): Promise<boolean | undefined> {
  for (const { running, query } of kinds) {
    for await (const { workflowId } of runsOf(client, running)) {
      return await isServed(client, { workflowId, query }, ANSWERS_WITHIN_MS);
    }
  }
  return undefined;
}
