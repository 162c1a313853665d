import {
  isGrpcServiceError,
  ServiceError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client';

import { CircuitBreakerError, notFound } from '../core/errors.js';
import { AGENT_EXECUTION, taskQueues } from '../contract/messages.js';
import type { ExecutionResult } from '../core/executions/execution.js';
import { OwnWorkflows } from './own-workflows.js';
import { readable } from './readable-answer.js';

/**
 * Waits for the result of an execution's Temporal workflow, however long it takes: of the chain of runs that began with the
 * given one, where it is known. Throws the failure that it ended with, NOT_FOUND when Temporal does not know it, UNAVAILABLE
 * when Temporal does not answer, the signal's own reason.
 */
export function awaitExecution(client: Client, taskQueuePrefix: string) {
  const own = new OwnWorkflows(client, taskQueues(taskQueuePrefix).main);
  return async (executionId: string, firstRunId: string | undefined, signal: AbortSignal): Promise<ExecutionResult> => {
    try {
      return await client.withAbortSignal(signal, async () => {
        const execution = await own.describe(AGENT_EXECUTION, executionId);
        const isMeant = firstRunId === undefined || execution?.firstRunId === firstRunId;
        if (execution === undefined || !isMeant) throw notFound('execution', executionId);
        return readable(await client.workflow.result<() => Promise<ExecutionResult>>(executionId, execution.runId));
      });
    } catch (error) {
      signal.throwIfAborted();
      throw translated(error, executionId);
    }
  };
}

function translated(error: unknown, executionId: string): unknown {
  if (error instanceof WorkflowFailedError) return error.cause ?? error;
  if (error instanceof WorkflowNotFoundError) return notFound('execution', executionId);
  if (isGrpcServiceError(error) || error instanceof ServiceError) {
    return new CircuitBreakerError('UNAVAILABLE', 'Temporal does not answer.');
  }
  return error;
}
