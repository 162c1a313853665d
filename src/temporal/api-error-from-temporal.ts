import {
  isGrpcServiceError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';

import { isErrorCode } from '../core/codes.js';
import { CircuitBreakerError, type ErrorFacts } from '../core/errors.js';

/** gRPC status codes. */
const UNAVAILABLE = 14;
const INTERNAL = 13;
/** Words of our own client, not the server's: the connection broke beneath the call. */
const BROKEN_STREAM = 'Received RST_STREAM with code';
export const [CANCELLED, DEADLINE_EXCEEDED, NOT_FOUND, RESOURCE_EXHAUSTED, FAILED_PRECONDITION] = [1, 4, 5, 8, 9];
/** Words by which the server refuses a query: it lets none wait once the last worker has been gone for a minute or two. */
const NO_WORKER = 'no poller seen';

/** Temporal's errors as ours; what is none of them stays as it is. */
export function apiErrorFromTemporal(error: unknown): unknown {
  if (error instanceof WorkflowUpdateFailedError || error instanceof WorkflowFailedError) {
    return error.cause instanceof ApplicationFailure ? fromFailure(error.cause) : error;
  }
  if (error instanceof WorkflowNotFoundError) {
    return new CircuitBreakerError('NOT_FOUND', `Temporal does not run "${error.workflowId}" (any more).`);
  }
  const { code, details = '' } = grpcErrorOf(error) ?? {};
  const hasNoWorker = code === FAILED_PRECONDITION && details.includes(NO_WORKER);
  // The server may end a call whose time is over before the client does: nobody else cancels one.
  if (code === CANCELLED || code === DEADLINE_EXCEEDED || code === UNAVAILABLE || hasNoWorker) {
    return new CircuitBreakerError(
      'UNAVAILABLE',
      'Temporal and its workers have not answered in time: they are away, or have much to do. Try again. A change may have been made ' +
        'all the same: repeat a fire with its idempotencyKey.',
    );
  }
  if (code === RESOURCE_EXHAUSTED) {
    return new CircuitBreakerError('UNAVAILABLE', 'Temporal takes no more at the moment. Try again.');
  }
  return error;
}

export function grpcCode(error: unknown): number | undefined {
  return grpcErrorOf(error)?.code;
}

function grpcErrorOf(error: unknown): { readonly code: number; readonly details: string } | undefined {
  if (isGrpcServiceError(error)) {
    const { details } = error;
    const code: number = error.code;
    return { code: code === INTERNAL && details.startsWith(BROKEN_STREAM) ? UNAVAILABLE : code, details };
  }
  return error instanceof Error && error.cause !== undefined ? grpcErrorOf(error.cause) : undefined;
}

function fromFailure({ type, message, details }: ApplicationFailure): CircuitBreakerError {
  const code = type ?? 'INTERNAL';
  const [facts] = (details ?? []) as [ErrorFacts?];
  return new CircuitBreakerError(isErrorCode(code) ? code : 'INTERNAL', message, facts ?? {});
}
