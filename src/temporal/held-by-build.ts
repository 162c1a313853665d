import type { Client } from '@temporalio/client';

import { CircuitBreakerError, isAway } from '../core/errors.js';
import { CANCELLED, DEADLINE_EXCEEDED, FAILED_PRECONDITION, grpcCode } from './api-error-from-temporal.js';

/** Callers have waited for as long as they wait for an answer, and are to hear something within 15 s. */
const PATIENCE_MS = 500;

/** What Temporal keeps of who may go on with a Temporal workflow. */
type Described = Awaited<ReturnType<Client['workflowService']['describeWorkflowExecution']>>;

/** The build that a Temporal workflow is held by; undefined: any worker without one takes its tasks. */
function buildOf({ workflowExecutionInfo }: Described): string | undefined {
  const { versioningOverride, deploymentVersion } = workflowExecutionInfo?.versioningInfo ?? {};
  return versioningOverride?.pinned?.version?.buildId ?? deploymentVersion?.buildId ?? undefined;
}

/**
 * The same error. Where a workflow that is held by a build did not answer, it names the build: nobody knows here whether a worker of it is
 * left, and whoever reads this can find out.
 */
export async function namingBuild(client: Client, workflowId: string, error: unknown): Promise<unknown> {
  if (!isAway(error) || !(error instanceof CircuitBreakerError)) return error;
  try {
    const { namespace } = client.options;
    const described = await client.withDeadline(Date.now() + PATIENCE_MS, () =>
      client.workflowService.describeWorkflowExecution({ namespace, execution: { workflowId } }),
    );
    const buildId = buildOf(described);
    if (buildId === undefined) return error;
    const advice =
      `It is held by build "${buildId}" of the workers: where none of that build runs any more, start one, or have another build take it ` +
      'over; `circuit-breaker upgrade --check` says which can.';
    return new CircuitBreakerError(error.code, `${error.message} ${advice}`, error.facts);
  } catch {
    return error;
  }
}

/** A query that no worker took: its time was over, or the server lets none wait any more. */
const UNSERVED: readonly (number | undefined)[] = [CANCELLED, DEADLINE_EXCEEDED, FAILED_PRECONDITION];

/** Whether a worker goes on with a Temporal workflow: asked by a query, which changes nothing. */
export async function isServed(
  client: Client,
  { workflowId, query }: { readonly workflowId: string; readonly query: string },
  withinMs: number,
): Promise<boolean> {
  try {
    await client.withDeadline(Date.now() + withinMs, () => client.workflow.getHandle(workflowId).query(query));
    return true;
  } catch (error) {
    return !UNSERVED.includes(grpcCode(error));
  }
}
