import { CompleteAsyncError, Context } from '@temporalio/activity';
import { TemporalFailure } from '@temporalio/common';

import { CircuitBreakerError } from '../core/errors.js';
import { isEnded, type AgentExecution } from '../core/executions/execution.js';
import { executionFailure, failedOutcome, hasRecordedItself } from '../contract/failures.js';
import type { AdoptedExecution } from '../contract/activities.js';
import type { ActivityParts } from './activity-parts.js';

/**
 * Waits for an execution whose token went on as a new Temporal run, which cannot wait for the child of an earlier one.
 * Where Temporal has forgotten the execution, or its result cannot be decrypted, its record says how it ended. It may wait for a person for weeks: so it holds no
 * slot of the task queue meanwhile.
 */
export function adoptExecution(parts: ActivityParts, request: AdoptedRequest): Promise<AdoptedExecution> {
  const { taskToken, heartbeatTimeoutMs } = Context.current().info;
  parts.waitWithoutSlot({ taskToken, heartbeatTimeoutMs }, (signal) => endOf(parts, request, signal));
  return Promise.reject(new CompleteAsyncError());
}

interface AdoptedRequest {
  readonly executionId: string;
  readonly runId?: string;
}

async function endOf(
  parts: ActivityParts,
  { executionId, runId }: AdoptedRequest,
  signal: AbortSignal,
): Promise<AdoptedExecution> {
  try {
    const result = await parts.awaitExecution(executionId, runId, signal);
    return { type: 'ended', outcome: { status: 'succeeded', result } };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof CircuitBreakerError) return await recordedOutcome(parts, executionId, error);
    const failure = executionFailure(error);
    if (hasRecordedItself(error)) return { type: 'ended', outcome: failedOutcome(failure) };
    if (error instanceof TemporalFailure) return { type: 'cut-off', failure };
    throw error;
  }
}

async function recordedOutcome(
  { storage }: ActivityParts,
  executionId: string,
  error: CircuitBreakerError,
): Promise<AdoptedExecution> {
  if (error.code !== 'NOT_FOUND' && error.code !== 'PAYLOAD_UNREADABLE') throw error;
  const execution = await storage.executions.get(executionId);
  if (execution === undefined || !isEnded(execution.status)) {
    const errorMessage = 'Temporal does not know the execution any more, and it never said how it ended.';
    return { type: 'cut-off', failure: { status: 'TERMINATED', errorCode: 'terminated', errorMessage } };
  }
  return { type: 'ended', outcome: outcomeOf(execution) };
}

function outcomeOf(execution: AgentExecution): Extract<AdoptedExecution, { type: 'ended' }>['outcome'] {
  const { status, errorCode = 'server', errorMessage = '' } = execution;
  if (status === 'CANCELLED') return { status: 'cancelled' };
  if (status !== 'COMPLETED') return { status: 'failed', errorCode, message: errorMessage };
  const { id, agentId, agentVersion, finalResponse = '', output, usage, attempts, completedAt } = execution;
  const result = {
    executionId: id,
    agentId,
    agentVersion,
    model: attempts.at(-1)?.model ?? '',
    response: finalResponse,
    ...(output === undefined ? {} : { output }),
    usage: usage ?? { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
    timestamp: completedAt ?? execution.createdAt,
  };
  return { status: 'succeeded', result };
}
