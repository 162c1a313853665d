import {
  ParentClosePolicy,
  proxyActivities,
  proxyLocalActivities,
  startChild,
  workflowInfo,
  type ActivityOptions,
} from '@temporalio/workflow';

import type { Activities, ExecutionEnd } from '../contract/activities.js';
import type { ExecutionOutcome } from '../core/engine/decision.js';
import type { ExecutionRequest, ExecutionResult } from '../core/executions/execution.js';
import { temporalDeadlineSeconds } from '../core/executions/execution-deadline.js';
import { summaryOf } from '../contract/summary.js';
import { wholeResult } from '../contract/carried-result.js';
import {
  executionFailure,
  failedOutcome,
  hasRecordedItself,
  isFinalFailure,
  type ExecutionFailure,
} from '../contract/failures.js';
import { AGENT_EXECUTION, taskQueues } from '../contract/messages.js';
import { searchAttributes, searchValue } from '../contract/search-attributes.js';
import { ofEachRun } from './of-each-run.js';
import { askedBy, origin } from './trace-in-headers.js';
import { takesTurns } from './turns.js';

/** How the Temporal workflows get things done: quick activities, and children that outlive them. */

type SlowActivity =
  | 'invokeModel'
  | 'runTool'
  | 'checkArguments'
  | 'adoptExecution'
  | 'joinBatch'
  | 'leaveBatch'
  | 'claimBatch'
  | 'submitBatch'
  | 'collectBatch'
  | 'failBatch';
export type QuickActivities = Omit<Activities, SlowActivity>;

/**
 * Runs a quick activity inside the workflow task, where it costs milliseconds. When it does not get through at once
 * (storage is away), it goes on as a normal activity that is retried for ever: a local one that keeps retrying would
 * hold up queries and signals.
 */
export async function quickly<Name extends keyof QuickActivities>(
  name: Name,
  input: Parameters<QuickActivities[Name]>[0],
): Promise<Awaited<ReturnType<QuickActivities[Name]>>> {
  const asked = origin();
  const local = proxyLocalActivities<QuickActivities>({
    scheduleToCloseTimeout: '1s',
    retry: { maximumAttempts: 1 },
  });
  try {
    return await (local[name] as Run<Name>)(input);
  } catch (error) {
    if (isFinalFailure(error)) throw error;
    const known = { summary: `${name}, after a quick try did not get through` };
    return await askedBy(asked, () => lastingly(name, input, known));
  }
}

type Run<Name extends keyof QuickActivities> = (input: unknown) => Promise<Awaited<ReturnType<QuickActivities[Name]>>>;

/**
 * Runs a quick activity as a normal one, whose start and end are events of the history. `number` counts those of its name:
 * Temporal would count the local ones too, of which a replay may have others.
 */
export async function throughHistory<Name extends keyof QuickActivities>(
  name: Name,
  input: Parameters<QuickActivities[Name]>[0],
  number: number,
): Promise<Awaited<ReturnType<QuickActivities[Name]>>> {
  return await lastingly(name, input, { activityId: `${name}-${number}`, summary: name });
}

/** Retries for ever. */
async function lastingly<Name extends keyof QuickActivities>(
  name: Name,
  input: Parameters<QuickActivities[Name]>[0],
  known: Pick<ActivityOptions, 'activityId' | 'summary'>,
): Promise<Awaited<ReturnType<QuickActivities[Name]>>> {
  const remote = proxyActivities<QuickActivities>({
    taskQueue: taskQueues(workflowInfo().taskQueue).tools,
    startToCloseTimeout: '10s',
    retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '5s' },
    ...known,
  });
  return await (remote[name] as Run<Name>)(input);
}

export interface ExecutionStart {
  /** The run that was started; absent: it never began. */
  readonly runId?: string;
  /** Waits for the outcome. Never throws: a child that was cut off is an outcome too. */
  readonly outcome: () => Promise<ExecutionOutcome>;
}

/**
 * Starts an agent as a Temporal workflow of its own, which outlives this one. Resolves when Temporal has it. Never throws: a
 * child that could not start has an outcome too.
 */
export async function startExecution(execution: ExecutionRequest, attemptSeconds: number): Promise<ExecutionStart> {
  const { retryConfig, timeoutSeconds = attemptSeconds } = execution.overrides ?? {};
  const asked = origin();
  try {
    const child = await startChild<(request: ExecutionRequest) => Promise<ExecutionResult>>(AGENT_EXECUTION, {
      workflowId: execution.executionId,
      args: [execution],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowExecutionTimeout: temporalDeadlineSeconds(timeoutSeconds, retryConfig) * 1000,
      staticSummary: summaryOf(`Agent ${execution.agentId} for token ${execution.token?.id ?? '–'}`),
      typedSearchAttributes: [
        { key: searchAttributes.agent, value: searchValue(execution.agentId) },
        { key: searchAttributes.status, value: 'RUNNING' },
        { key: searchAttributes.workflow, value: searchValue(execution.token?.workflowId ?? '') },
      ],
    });
    const outcome = async (): Promise<ExecutionOutcome> => {
      try {
        return { status: 'succeeded', result: wholeResult(await child.result()) };
      } catch (error) {
        return await askedBy(asked, () => outcomeOf(execution, error));
      }
    };
    return { runId: child.firstExecutionRunId, outcome };
  } catch (error) {
    // What has its id may be anybody's: only what was recorded for this start, and never began, has ended with it.
    const outcome = await askedBy(asked, () => outcomeOf(execution, error, 'PENDING'));
    return { outcome: () => Promise.resolve(outcome) };
  }
}

/** The outcome of an execution that an earlier run of this Temporal workflow started. */
export async function adoptedOutcome(executionId: string, runId: string | undefined): Promise<ExecutionOutcome> {
  const { adoptExecution } = proxyActivities<Pick<Activities, 'adoptExecution'>>({
    taskQueue: taskQueues(workflowInfo().taskQueue).tools,
    startToCloseTimeout: '365 days',
    heartbeatTimeout: '30s',
    retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '5s' },
    summary: summaryOf(`Waiting for ${executionId}`),
  });
  const adopted = await adoptExecution({ executionId, ...(runId === undefined ? {} : { runId }) });
  if (adopted.type === 'ended') return wholeOutcome(adopted.outcome);
  await recordCutOff(executionId, adopted.failure, { tokenId: workflowInfo().workflowId });
  return failedOutcome(adopted.failure);
}

function wholeOutcome(outcome: ExecutionOutcome): ExecutionOutcome {
  return outcome.status === 'succeeded' ? { ...outcome, result: wholeResult(outcome.result) } : outcome;
}

/** A child that was terminated or timed out ran no code of ours at its end: its parent records it. */
async function outcomeOf(
  { executionId, token }: ExecutionRequest,
  error: unknown,
  status?: 'PENDING',
): Promise<ExecutionOutcome> {
  const failure = executionFailure(error);
  const only = { ...(token === undefined ? {} : { tokenId: token.id }), ...(status === undefined ? {} : { status }) };
  if (!hasRecordedItself(error)) await recordCutOff(executionId, failure, only);
  return failedOutcome(failure);
}

async function recordCutOff(
  executionId: string,
  failure: ExecutionFailure,
  only: NonNullable<ExecutionEnd['only']>,
): Promise<void> {
  const completedAt = new Date().toISOString();
  const end = { executionId, turn: 1, ...failure, completedAt, only };
  // Nobody is in a hurry for it, and where the run of the token is about to end, no try may be under way.
  if (takesTurns()) await throughHistory('recordExecution', end, ++recorded().cutOffs);
  else await quickly('recordExecution', end);
}

/** How many ends this run has recorded. */
const recorded = ofEachRun(() => ({ cutOffs: 0 }));
