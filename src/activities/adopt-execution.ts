import { Context } from '@temporalio/activity';
import { TemporalFailure } from '@temporalio/common';

import { CircuitBreakerError } from '../core/errors.js';
import { isEnded, type AgentExecution } from '../core/executions/execution.js';
import { executionFailure, failedOutcome, hasRecordedItself } from '../contract/failures.js';
import type { AdoptedExecution } from '../contract/activities.js';
import type { ActivityParts } from './activity-parts.js';

const BEAT_EVERY_MS = 1000;

/**
 * Waits for an execution whose token went on as a new Temporal run, which cannot wait for the child of an earlier one.
 * Where Temporal has forgotten the execution, its record says how it ended.
 */
export async function adoptExecution(
  parts: ActivityParts,
  { executionId, runId }: { readonly executionId: string; readonly runId?: string },
): Promise<AdoptedExecution> {
  const context = Context.current();
  const beat = setInterval(() => {
    context.heartbeat();
  }, BEAT_EVERY_MS);
  try {
    const result = await parts.awaitExecution(executionId, runId, context.cancellationSignal);
    return { type: 'ended', outcome: { status: 'succeeded', result } };
  } catch (error) {
    context.cancellationSignal.throwIfAborted();
    if (error instanceof CircuitBreakerError) return await recordedOutcome(parts, executionId, error);
    const failure = executionFailure(error);
    if (hasRecordedItself(error)) return { type: 'ended', outcome: failedOutcome(failure) };
    if (error instanceof TemporalFailure) return { type: 'cut-off', failure };
    throw error;
  } finally {
    clearInterval(beat);
  }
}

async function recordedOutcome(
  { storage }: ActivityParts,
  executionId: string,
  error: CircuitBreakerError,
): Promise<AdoptedExecution> {
  if (error.code !== 'NOT_FOUND') throw error;
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
