import { createHash } from 'node:crypto';

import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client';

import { CircuitBreakerError } from '../core/errors.js';
import type { ExecutionRequest } from '../core/executions/execution.js';
import type { FireRequest } from '../core/tokens/fire-request.js';
import { canonicalJson, type JsonObject } from '../core/json/json.js';
import type { TokenStart } from '../core/tokens/token-start.js';
import type { Token } from '../core/tokens/token.js';
import type { UpdateRequest } from '../core/tokens/update-request.js';
import { AGENT_EXECUTION, taskQueues, TOKEN_LIFECYCLE, type FireAccepted } from '../contract/messages.js';
import { FAILED_PRECONDITION, apiErrorFromTemporal, grpcCode, NOT_FOUND } from './api-error-from-temporal.js';

/** What the API asks of Temporal. Every method throws UNAVAILABLE when the server does not answer within seconds. */
export interface TemporalGateway {
  /**
   * Starts a token, which is created a moment later. The same id with the same request, a fingerprint of the start, is the
   * same token; another one is ALREADY_EXISTS.
   */
  startToken(id: string, start: TokenStart, request: string): Promise<void>;
  /** The request that a token was started with; undefined where Temporal knows of none (any more). */
  requestOf(id: string): Promise<string | undefined>;
  /** Throws what kept a started token from being created; does nothing for one that is being created. */
  refuseFailedToken(id: string): Promise<void>;
  /** Fires a transition of a token that is known. Refusals are thrown with their blockers. */
  fire(tokenId: string, request: FireRequest): Promise<FireAccepted>;
  /** Changes a token that is known otherwise than by a fire. Refusals are thrown with their blockers. */
  change(tokenId: string, change: TokenChange): Promise<Changed>;
  /** Tells a token that its workflow has other place agents now; one that has ended needs no telling. */
  tellPlaceAgentsChanged(tokenId: string): Promise<void>;
  startExecution(request: ExecutionRequest): Promise<void>;
  /** Asks an execution to stop, for a reason that its history shows; false when it does not run (yet, or any more). */
  cancelExecution(id: string, reason: string): Promise<boolean>;
  /** How the newest run of a Temporal workflow stands; undefined when Temporal does not know it (any more). */
  closeOf(id: string): Promise<WorkflowClose | undefined>;
  /** Temporal workflows of ours that ended otherwise than by their own code since a time (RFC 3339). */
  listCutOff(since: string): AsyncIterable<CutOff>;
  ping(): Promise<void>;
}

export interface CutOff {
  readonly id: string;
  readonly kind: 'token' | 'execution';
  /** By Temporal's clock, RFC 3339. */
  readonly closedAt: string;
}

/** How a Temporal workflow stands. */
export type WorkflowClose = 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'TERMINATED' | 'TIMED_OUT';

/** An update of a token by its name on the wire. */
export type TokenChange =
  | { readonly name: 'updateToken'; readonly request: UpdateRequest }
  | { readonly name: 'cancel'; readonly request: { readonly reason?: string } }
  | { readonly name: 'retry' | 'triggerPlaceAgents' };

export interface Changed {
  readonly token: Token;
  /** Executions that the change started. */
  readonly executionIds: readonly string[];
}

interface GatewayOptions {
  readonly client: Client;
  readonly taskQueuePrefix: string;
}

/**
 * How long to wait for what a worker has to do: longer than the 10 s after which Temporal gives out again a task that
 * a frozen worker took.
 */
export const ANSWERED_WITHIN_MS = 15_000;

export function createTemporalGateway({ client, taskQueuePrefix }: GatewayOptions): TemporalGateway {
  const taskQueue = taskQueues(taskQueuePrefix).main;
  const within = <Result>(run: () => Promise<Result>) => withinDeadline(client, run);
  return {
    startToken: (id, start, request) => within(() => startToken({ client, taskQueue }, id, { start, request })),
    requestOf: (id) => within(() => requestOf(client.workflow.getHandle(id))),
    refuseFailedToken: (id) => within(() => refuseFailedToken(client.workflow.getHandle(id))),
    fire: (tokenId, request) => within(() => fire(client.workflow.getHandle(tokenId), request)),
    change: (tokenId, request) => within(() => changeToken(client.workflow.getHandle(tokenId), request)),
    tellPlaceAgentsChanged: (tokenId) => within(() => tell(client.workflow.getHandle(tokenId))),
    startExecution: (request) => within(() => startExecution({ client, taskQueue }, request)),
    cancelExecution: (id, reason) => within(() => cancel(client, id, reason)),
    closeOf: (id) => within(() => closeOf(client.workflow.getHandle(id))),
    listCutOff: (since) => listCutOff({ client, taskQueue }, since),
    ping: () =>
      within(async () => {
        await client.workflowService.getSystemInfo({});
      }),
  };
}

async function withinDeadline<Result>(client: Client, run: () => Promise<Result>): Promise<Result> {
  try {
    return await client.withDeadline(Date.now() + ANSWERED_WITHIN_MS, run);
  } catch (error) {
    throw apiErrorFromTemporal(error);
  }
}

interface Starter {
  readonly client: Client;
  readonly taskQueue: string;
}

async function startToken(
  { client, taskQueue }: Starter,
  workflowId: string,
  { start, request }: { readonly start: TokenStart; readonly request: string },
): Promise<void> {
  try {
    await client.workflow.start(TOKEN_LIFECYCLE, {
      workflowId,
      taskQueue,
      args: [start],
      memo: { request },
      staticSummary: `Token of ${start.workflowId ?? 'an inline workflow'}`,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    if ((await requestOf(client.workflow.getHandle(workflowId))) === request) return;
    throw new CircuitBreakerError('ALREADY_EXISTS', `The id "${workflowId}" is taken by something else.`);
  }
}

async function requestOf(handle: WorkflowHandle): Promise<string | undefined> {
  try {
    const { type, memo } = await handle.describe();
    const request = type === TOKEN_LIFECYCLE ? memo?.['request'] : undefined;
    return typeof request === 'string' ? request : undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

async function refuseFailedToken(handle: WorkflowHandle): Promise<void> {
  const { status } = await handle.describe();
  // Its own failure says why.
  if (status.name === 'FAILED') await handle.result();
}

/** With a key, and with an update id made of it, a fire can be repeated whatever became of its first answer. */
async function fire(handle: WorkflowHandle, request: FireRequest): Promise<FireAccepted> {
  const args: [FireRequest] = [{ idempotencyKey: crypto.randomUUID(), ...request }];
  const updateId = fingerprint({ ...args[0] });
  const update = () => handle.executeUpdate<FireAccepted, [FireRequest]>('fire', { args, updateId });
  try {
    return await update();
  } catch (error) {
    // It met its workflow at the moment when that went on as a new run.
    if (grpcCode(error) === FAILED_PRECONDITION) return await update();
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    // The token has ended: by this very fire, when it is repeated.
    const first = handle.getUpdateHandle<FireAccepted>(updateId).result();
    return await first.catch(() => Promise.reject(error));
  }
}

async function changeToken(handle: WorkflowHandle, change: TokenChange): Promise<Changed> {
  const args: [object] = ['request' in change ? change.request : {}];
  const updateId = crypto.randomUUID();
  const update = () => handle.executeUpdate<Changed, [object]>(change.name, { args, updateId });
  try {
    return await update();
  } catch (error) {
    if (grpcCode(error) !== FAILED_PRECONDITION) throw error;
    return await update();
  }
}

async function tell(handle: WorkflowHandle): Promise<void> {
  try {
    await handle.signal('placeAgentsChanged');
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

async function closeOf(handle: WorkflowHandle): Promise<WorkflowClose | undefined> {
  try {
    const { status } = await handle.describe();
    // Of a chain of runs the newest stands for all: one that went on runs.
    return CLOSES[status.name] ?? 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

const CLOSES: Readonly<Record<string, WorkflowClose>> = {
  COMPLETED: 'COMPLETED',
  FAILED: 'FAILED',
  CANCELLED: 'CANCELLED',
  TERMINATED: 'TERMINATED',
  TIMED_OUT: 'TIMED_OUT',
};

async function* listCutOff({ client, taskQueue }: Starter, since: string): AsyncGenerator<CutOff> {
  const query = [
    `TaskQueue = '${taskQueue}'`,
    `WorkflowType IN ('${TOKEN_LIFECYCLE}', '${AGENT_EXECUTION}')`,
    `ExecutionStatus IN ('Terminated', 'TimedOut', 'Canceled', 'Failed')`,
    `CloseTime >= '${since}'`,
  ].join(' AND ');
  for await (const { workflowId, type, closeTime, startTime } of client.workflow.list({ query })) {
    const kind = type === TOKEN_LIFECYCLE ? 'token' : 'execution';
    yield { id: workflowId, kind, closedAt: (closeTime ?? startTime).toISOString() };
  }
}

function fingerprint(value: object): string {
  return createHash('sha256')
    .update(canonicalJson(value as JsonObject))
    .digest('hex');
}

async function startExecution({ client, taskQueue }: Starter, request: ExecutionRequest): Promise<void> {
  try {
    await client.workflow.start(AGENT_EXECUTION, {
      workflowId: request.executionId,
      taskQueue,
      args: [request],
      staticSummary: `Agent ${request.agentId}`,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
    });
  } catch (error) {
    // Started by the same request before, whose reply got lost.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const { type } = await client.workflow.getHandle(request.executionId).describe();
    if (type !== AGENT_EXECUTION) {
      throw new CircuitBreakerError('ALREADY_EXISTS', `The id "${request.executionId}" is taken by something else.`);
    }
  }
}

/** By the service itself: the client's own `cancel` takes no reason, which the history shows. */
async function cancel(client: Client, workflowId: string, reason: string): Promise<boolean> {
  const { namespace, identity } = client.options;
  const request = { namespace, identity, workflowExecution: { workflowId }, reason, requestId: crypto.randomUUID() };
  try {
    await client.workflowService.requestCancelWorkflowExecution(request);
    return true;
  } catch (error) {
    if (grpcCode(error) !== NOT_FOUND) throw error;
    return false;
  }
}
