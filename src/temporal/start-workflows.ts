import { WorkflowExecutionAlreadyStartedError, type Client, type WorkflowStartOptions } from '@temporalio/client';

import { contentHash } from '../content-hash.js';
import { AGENT_EXECUTION, TOKEN_LIFECYCLE } from '../contract/messages.js';
import { summaryOf } from '../contract/summary.js';
import { CircuitBreakerError } from '../core/errors.js';
import { temporalDeadlineSeconds } from '../core/executions/execution-deadline.js';
import type { ExecutionRequest } from '../core/executions/execution.js';
import type { TokenStart } from '../core/tokens/token-start.js';
import type { OwnWorkflow, OwnWorkflows, WorkflowKind } from './own-workflows.js';

export interface Starter {
  readonly client: Client;
  readonly own: OwnWorkflows;
  readonly taskQueue: string;
  /** Bounds one attempt of an agent that runs on its own: what its execution may take follows from that. */
  readonly executionTimeoutSeconds: number;
}

/** What a Temporal workflow of ours was started for, by the hash of it: kept in its memo. */
const REQUEST = 'request';

export async function startToken(
  starter: Starter,
  id: string,
  { start, request }: { readonly start: TokenStart; readonly request: string },
): Promise<void> {
  await startOnce(starter, TOKEN_LIFECYCLE, {
    workflowId: id,
    args: [start],
    memo: { [REQUEST]: request },
    staticSummary: summaryOf(`Token of ${start.workflowId ?? 'an inline workflow'}`),
  });
}

export async function startExecution(starter: Starter, execution: ExecutionRequest): Promise<void> {
  await startOnce(starter, AGENT_EXECUTION, {
    workflowId: execution.executionId,
    args: [execution],
    memo: { [REQUEST]: contentHash(execution) },
    staticSummary: summaryOf(`Agent ${execution.agentId}`),
    workflowExecutionTimeout: temporalDeadlineSeconds(starter.executionTimeoutSeconds, undefined) * 1000,
  });
}

/** What a token or an execution was started for; undefined where Temporal knows of none of ours (any more). */
export async function requestOf(own: OwnWorkflows, kind: WorkflowKind, id: string): Promise<string | undefined> {
  const workflow = await own.describe(kind, id);
  return workflow === undefined ? undefined : requestIn(workflow);
}

/** The same of one that was described. */
export function requestIn({ description }: OwnWorkflow): string | undefined {
  const request = description.memo?.[REQUEST];
  return typeof request === 'string' ? request : undefined;
}

type Start = Pick<WorkflowStartOptions, 'args' | 'staticSummary' | 'workflowExecutionTimeout'> & {
  readonly workflowId: string;
  readonly memo: { readonly [REQUEST]: string };
};

/** The same start again is the same one. Throws ALREADY_EXISTS where the id is another's, ours or not. */
async function startOnce({ client, own, taskQueue }: Starter, kind: WorkflowKind, start: Start): Promise<void> {
  const { workflowId } = start;
  try {
    const options = { ...start, taskQueue, workflowIdReusePolicy: 'REJECT_DUPLICATE' } as const;
    const { firstExecutionRunId } = await client.workflow.start(kind, options);
    own.note(kind, workflowId, firstExecutionRunId);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    if ((await requestOf(own, kind, workflowId)) === start.memo[REQUEST]) return;
    throw new CircuitBreakerError('ALREADY_EXISTS', `The id "${workflowId}" is taken by something else.`);
  }
}
