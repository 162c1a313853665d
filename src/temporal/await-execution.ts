import {
  isGrpcServiceError,
  ServiceError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client';

import { CircuitBreakerError, notFound } from '../core/errors.js';
import type { ExecutionResult } from '../core/executions/execution.js';

/**
 * Waits for the result of an execution's Temporal workflow, however long it takes. Throws the failure that it ended
 * with, NOT_FOUND when Temporal does not know it, UNAVAILABLE when Temporal does not answer, the signal's own reason.
 */
export function awaitExecution(client: Client) {
  return async (executionId: string, signal: AbortSignal): Promise<ExecutionResult> => {
    try {
      return await client.withAbortSignal(signal, () =>
        client.workflow.result<() => Promise<ExecutionResult>>(executionId),
      );
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
