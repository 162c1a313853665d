import type { Client, WorkflowHandle } from '@temporalio/client';

import {
  AGENT_EXECUTION,
  taskQueues,
  TOKEN_LIFECYCLE,
  type FireAccepted,
  type Migrated,
} from '../contract/messages.js';
import { CircuitBreakerError } from '../core/errors.js';
import type { ExecutionRequest } from '../core/executions/execution.js';
import type { ApprovalAnswer } from '../core/executions/tool-approval.js';
import type { FireRequest } from '../core/tokens/fire-request.js';
import type { MigrateRequest } from '../core/tokens/migrate-request.js';
import type { TokenStart } from '../core/tokens/token-start.js';
import { apiErrorFromTemporal, grpcCode, NOT_FOUND } from './api-error-from-temporal.js';
import { forgetWorkflow } from './forget-workflow.js';
import { namingBuild } from './held-by-build.js';
import { OwnUpdates } from './own-updates.js';
import { OwnWorkflows, type OwnWorkflow, type WorkflowKind } from './own-workflows.js';
import { refuseAnotherHome, type ClaimHome } from './refuse-another-home.js';
import { requestOf, startExecution, startToken } from './start-workflows.js';
import type { Changed, TokenChange } from './token-change.js';
import { TokenUpdates } from './token-updates.js';

export type { TokenChange } from './token-change.js';

/**
 * What the API, the sweep and the workers' records ask of Temporal. Every method throws UNAVAILABLE when the server does not answer within seconds. Other teams'
 * Temporal workflows may have the ids that it is given: it finds none of them, and touches none.
 */
export interface TemporalGateway {
  /**
   * Starts a token, which is created a moment later. The same id with the same request, a fingerprint of the start, is the
   * same token; another one is ALREADY_EXISTS.
   */
  startToken(id: string, start: TokenStart, request: string): Promise<void>;
  /** The request that a token was started with; undefined where Temporal knows of none (any more). */
  requestOf(id: string): Promise<string | undefined>;
  /**
   * Throws what kept a started token from being created: its own failure, or TOKEN_CLOSED where it was ended in Temporal. Does
   * nothing for one that is being created.
   */
  refuseEndedToken(id: string): Promise<void>;
  /** Fires a transition of a token that is known. Refusals are thrown with their blockers. */
  fire(tokenId: string, request: FireRequest): Promise<FireAccepted>;
  /** Changes a token that is known otherwise than by a fire. Refusals are thrown with their blockers. */
  change(tokenId: string, change: TokenChange): Promise<Changed>;
  /**
   * Has a token that is known go over to another version of its workflow. Refusals are thrown with their blockers: also WORKER_OUTDATED,
   * where its worker is of a version of this program that does not know how.
   */
  migrate(tokenId: string, request: MigrateRequest): Promise<Migrated>;
  /** Tells a token that its workflow has other place agents, or other rollouts, now; one that has ended needs no telling. */
  tellPlaceAgentsChanged(tokenId: string): Promise<void>;
  /** Tells a known execution what a person says of one of its calls. Refusals are thrown: see judgeAnswer. */
  decideToolCall(executionId: string, answer: ApprovalAnswer): Promise<void>;
  /** The same id with the same request is the same execution; another one is ALREADY_EXISTS. */
  startExecution(request: ExecutionRequest): Promise<void>;
  /** Asks an execution to stop, for a reason that its history shows where payloads are in clear; false when it does not run (yet, or any more). */
  cancelExecution(id: string, reason: string): Promise<boolean>;
  /**
   * How the newest run of a token or an execution stands; undefined when Temporal does not know it (any more). Throws UNAVAILABLE
   * rather than say so of what lives in another Temporal namespace than this one.
   */
  closeOf(kind: 'token' | 'execution', id: string): Promise<WorkflowClose | undefined>;
  /**
   * Whether a run is the newest one of a token: not one that was reset, or followed by another under the token's id. Throws as
   * `closeOf` does.
   */
  isNewestRun(tokenId: string, runId: string): Promise<boolean>;
  /** Temporal workflows of ours that ended otherwise than by their own code since a time (RFC 3339). Throws as `closeOf` does. */
  listCutOff(since: string): AsyncIterable<CutOff>;
  /** Whether it has any token or execution of ours, running or not. Throws as `closeOf` does. */
  hasAnythingOfOurs(): Promise<boolean>;
  /**
   * Deletes what Temporal keeps of a token or an execution that has ended: every run of it. One that runs is terminated by it. Safe to
   * repeat. Throws as `closeOf` does.
   */
  forget(kind: 'token' | 'execution', id: string): Promise<void>;
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

interface GatewayOptions {
  readonly client: Client;
  readonly taskQueuePrefix: string;
  /** Bounds one attempt of an agent that runs on its own. */
  readonly executionTimeoutSeconds: number;
  readonly claimHome: ClaimHome;
}

/**
 * How long to wait for what a worker has to do: longer than the 10 s after which Temporal gives out again a task that
 * a frozen worker took, and short enough for a caller to hear something within 15 s.
 */
export const ANSWERED_WITHIN_MS = 14_000;

export function createTemporalGateway(options: GatewayOptions): TemporalGateway {
  const { client, taskQueuePrefix, executionTimeoutSeconds, claimHome } = options;
  const taskQueue = taskQueues(taskQueuePrefix).main;
  const own = new OwnWorkflows(client, taskQueue);
  const starter = { client, own, taskQueue, executionTimeoutSeconds };
  const updates = new TokenUpdates(client, own);
  const decisions = new OwnUpdates(client, own, AGENT_EXECUTION);
  const atHome = () => refuseAnotherHome(client, claimHome);
  const within = <Result>(run: () => Promise<Result>) => withinDeadline(client, run);
  const answered = <Result>(id: string, run: () => Promise<Result>) =>
    within(run).catch(async (error: unknown) => {
      throw await namingBuild(client, id, error);
    });
  return {
    startToken: (id, start, request) => within(() => startToken(starter, id, { start, request })),
    requestOf: (id) => within(() => requestOf(own, TOKEN_LIFECYCLE, id)),
    refuseEndedToken: (id) => within(() => refuseEndedToken(starter, id)),
    fire: (tokenId, request) => answered(tokenId, () => updates.fire(tokenId, request)),
    change: (tokenId, change) => answered(tokenId, () => updates.change(tokenId, change)),
    migrate: (tokenId, request) => answered(tokenId, () => updates.migrate(tokenId, request)),
    tellPlaceAgentsChanged: (tokenId) => within(() => tell(starter, tokenId)),
    decideToolCall: (executionId, answer) => answered(executionId, () => decide(decisions, executionId, answer)),
    startExecution: (request) => within(() => startExecution(starter, request)),
    cancelExecution: (id, reason) => within(() => cancel(starter, id, reason)),
    closeOf: (kind, id) =>
      within(async () => {
        const close = closeOf(await own.describe(TYPES[kind], id));
        if (close !== 'RUNNING') await atHome();
        return close;
      }),
    isNewestRun: (tokenId, runId) =>
      within(async () => {
        await atHome();
        return (await own.describe(TOKEN_LIFECYCLE, tokenId))?.runId === runId;
      }),
    forget: (kind, id) =>
      within(async () => {
        await atHome();
        await forgetWorkflow({ client, own, taskQueue }, TYPES[kind], id);
      }),
    listCutOff: async function* (since) {
      await within(atHome);
      yield* listCutOff(starter, since);
    },
    hasAnythingOfOurs: () =>
      within(async () => {
        await atHome();
        return (await client.workflow.count(ours(taskQueue))).count > 0;
      }),
    ping: () =>
      within(async () => {
        await client.workflowService.getSystemInfo({});
      }),
  };
}

const TYPES: Readonly<Record<'token' | 'execution', WorkflowKind>> = {
  token: TOKEN_LIFECYCLE,
  execution: AGENT_EXECUTION,
};

/** Throws what comes of a call as an error of ours, UNAVAILABLE where there is no answer in time. */
export async function withinDeadline<Result>(client: Client, run: () => Promise<Result>): Promise<Result> {
  try {
    return await client.withDeadline(Date.now() + ANSWERED_WITHIN_MS, run);
  } catch (error) {
    throw apiErrorFromTemporal(error);
  }
}

async function decide(updates: OwnUpdates, executionId: string, { type, ...said }: ApprovalAnswer): Promise<void> {
  await updates.send(executionId, { name: type === 'approve' ? 'approveToolCall' : 'rejectToolCall', args: [said] });
}

interface Surroundings {
  readonly client: Client;
  readonly own: OwnWorkflows;
  readonly taskQueue: string;
}

async function refuseEndedToken({ client, own }: Surroundings, id: string): Promise<void> {
  const token = await own.describe(TOKEN_LIFECYCLE, id);
  const close = closeOf(token);
  if (close === undefined || close === 'RUNNING' || close === 'COMPLETED') return;
  // Its own failure says why.
  if (close === 'FAILED') await client.workflow.getHandle(id, token?.runId).result();
  throw endedBeforeRecord(id, close);
}

function endedBeforeRecord(id: string, close: WorkflowClose): CircuitBreakerError {
  const how = close.toLowerCase().replace('_', ' ');
  const message = `Token "${id}" was ended in Temporal (${how}) before it was created. Create it under another id.`;
  return new CircuitBreakerError('TOKEN_CLOSED', message);
}

/** By its run: a signal cannot be bound to a chain of runs. */
async function tell({ client, own }: Surroundings, tokenId: string): Promise<void> {
  const told = new Set<string>();
  for (;;) {
    const token = await own.describe(TOKEN_LIFECYCLE, tokenId);
    if (token === undefined || closeOf(token) !== 'RUNNING' || told.has(token.runId)) return;
    told.add(token.runId);
    if (await isSignalled(client.workflow.getHandle(tokenId, token.runId))) return;
  }
}

/** False where the run has ended at this moment: it may have gone on as another one. */
async function isSignalled(handle: WorkflowHandle): Promise<boolean> {
  try {
    await handle.signal('placeAgentsChanged');
    return true;
  } catch (error) {
    if (grpcCode(error) !== NOT_FOUND) throw error;
    return false;
  }
}

function closeOf(workflow: OwnWorkflow | undefined): WorkflowClose | undefined {
  if (workflow === undefined) return undefined;
  // Of a chain of runs the newest stands for all: one that went on runs.
  return CLOSES[workflow.description.status.name] ?? 'RUNNING';
}

const CLOSES: Readonly<Record<string, WorkflowClose>> = {
  COMPLETED: 'COMPLETED',
  FAILED: 'FAILED',
  CANCELLED: 'CANCELLED',
  TERMINATED: 'TERMINATED',
  TIMED_OUT: 'TIMED_OUT',
};

async function* listCutOff({ client, taskQueue }: Surroundings, since: string): AsyncGenerator<CutOff> {
  const query = [
    ours(taskQueue),
    `ExecutionStatus IN ('Terminated', 'TimedOut', 'Canceled', 'Failed')`,
    `CloseTime >= '${since}'`,
  ].join(' AND ');
  for await (const { workflowId, type, closeTime, startTime } of client.workflow.list({ query })) {
    const kind = type === TOKEN_LIFECYCLE ? 'token' : 'execution';
    yield { id: workflowId, kind, closedAt: (closeTime ?? startTime).toISOString() };
  }
}

function ours(taskQueue: string): string {
  return `TaskQueue = '${taskQueue}' AND WorkflowType IN ('${TOKEN_LIFECYCLE}', '${AGENT_EXECUTION}')`;
}

/** By the service itself: the client's own `cancel` takes no reason, which the history shows. */
async function cancel({ client, own }: Surroundings, workflowId: string, reason: string): Promise<boolean> {
  const execution = await own.describe(AGENT_EXECUTION, workflowId);
  if (execution === undefined || closeOf(execution) !== 'RUNNING') return false;
  const { namespace, identity, loadedDataConverter } = client.options;
  const { firstRunId: firstExecutionRunId } = execution;
  const requestId = crypto.randomUUID();
  const workflowExecution = { workflowId };
  try {
    await client.workflowService.requestCancelWorkflowExecution({
      namespace,
      identity,
      workflowExecution,
      firstExecutionRunId,
      // Temporal takes it in clear only.
      reason: loadedDataConverter.payloadCodecs.length > 0 ? '' : reason,
      requestId,
    });
    return true;
  } catch (error) {
    if (grpcCode(error) !== NOT_FOUND) throw error;
    return false;
  }
}
