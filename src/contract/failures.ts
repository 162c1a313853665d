import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TemporalFailure,
  TerminatedFailure,
  TimeoutFailure,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/common';

import { executionFailureCode, type ExecutionFailureCode } from '../core/codes.js';
import type { ExecutionOutcome, Refusal } from '../core/engine/decision.js';
import { CircuitBreakerError, storableMessage, type ErrorFacts, wordsOf } from '../core/errors.js';
import type { EndedStatus } from '../core/executions/execution.js';

/** The only place where errors become Temporal failures, and where Temporal failures are read. */

/** A failure that no retry mends: its type is the error's code, its first detail the facts. */
export function finalFailure(
  error: { readonly code: ExecutionFailureCode; readonly message: string },
  facts: ErrorFacts = {},
): ApplicationFailure {
  return ApplicationFailure.nonRetryable(storableMessage(error.message), error.code, facts);
}

/** What a workflow says that fails its workflow task, so that Temporal gives it once more from the history: nothing is wrong. */
export const TASK_GIVEN_AGAIN =
  'Temporal lost the workflow task before, beside what it had begun. This one is given up, too: the next one goes on from the ' +
  'history, and nothing is missing.';

/** By what that is known also where failures are encrypted, with all that they say. */
export const TASK_GIVEN_AGAIN_TYPE = 'TaskGivenAgain';

/** What an update is rejected with that came before its turn: nobody has looked at it, and it may be sent again at once. */
export function interruption(): ApplicationFailure {
  const message = 'A query has interrupted what is being recorded; send it again.';
  return ApplicationFailure.nonRetryable(message, 'UNAVAILABLE', { interrupted: true });
}

export function isInterruption(error: unknown): boolean {
  if (!(error instanceof ApplicationFailure)) return false;
  const [facts] = error.details ?? [];
  return typeof facts === 'object' && facts !== null && 'interrupted' in facts;
}

export function refusalFailure(refusal: Refusal): ApplicationFailure {
  const again = refusal.code === 'RATE_LIMITED' ? { retryAfterSeconds: 1 } : {};
  return finalFailure(refusal, { blockers: refusal.blockers, ...again });
}

/** What an activity throws for an error: unreachable backends are worth another try, all other codes are final. */
export function activityFailure(error: unknown): unknown {
  if (!(error instanceof CircuitBreakerError)) return error;
  if (error.code === 'UNAVAILABLE') return ApplicationFailure.retryable(error.message, error.code);
  return finalFailure(error, error.facts);
}

/** Whether an activity that failed would fail again elsewhere. One that ran out of time may get through on another try. */
export function isFinalFailure(error: unknown): boolean {
  const cause = rootCause(error);
  if (cause instanceof TimeoutFailure) return false;
  return !(cause instanceof ApplicationFailure) || cause.nonRetryable === true;
}

/** What an execution is recorded with when its code threw an error. */
export interface ExecutionFailure {
  readonly status: Exclude<EndedStatus, 'COMPLETED'>;
  readonly errorCode: ExecutionFailureCode;
  readonly errorMessage: string;
}

export function executionFailure(error: unknown): ExecutionFailure {
  const cause = rootCause(error);
  if (cause instanceof CancelledFailure) {
    return { status: 'CANCELLED', errorCode: 'cancelled', errorMessage: 'The execution was cancelled.' };
  }
  if (cause instanceof TimeoutFailure) {
    return { status: 'TIMEOUT', errorCode: 'timeout', errorMessage: 'The execution ran out of time.' };
  }
  if (cause instanceof TerminatedFailure) {
    return { status: 'TERMINATED', errorCode: 'terminated', errorMessage: 'The execution was terminated.' };
  }
  if (cause instanceof WorkflowExecutionAlreadyStartedError) {
    const errorMessage = `The id "${cause.workflowId}" is taken by something else.`;
    return { status: 'FAILED', errorCode: 'ALREADY_EXISTS', errorMessage };
  }
  const errorCode = executionFailureCode(cause instanceof ApplicationFailure ? cause.type : undefined);
  const errorMessage = storableMessage(wordsOf(cause));
  return { status: errorCode === 'timeout' ? 'TIMEOUT' : 'FAILED', errorCode, errorMessage };
}

/** What a token is told of an execution that threw. */
export function failedOutcome({ status, errorCode, errorMessage }: ExecutionFailure): ExecutionOutcome {
  if (status === 'CANCELLED') return { status: 'cancelled' };
  if (errorCode === 'ALREADY_EXISTS') return { status: 'id-taken' };
  return { status: 'failed', errorCode, message: errorMessage };
}

/** Whether an execution that threw has recorded its own end: one that was cut off from outside has not. */
export function hasRecordedItself(error: unknown): boolean {
  const cause = rootCause(error);
  return cause instanceof ApplicationFailure || cause instanceof CancelledFailure;
}

/** The failure that a Temporal workflow ends with because of an error: the code as its type, without the wrappings. */
export function finalCause(error: unknown): Error {
  const cause = rootCause(error);
  if (!(cause instanceof ApplicationFailure)) return cause instanceof Error ? cause : new Error(String(cause));
  return ApplicationFailure.nonRetryable(cause.message, cause.type, ...(cause.details ?? []));
}

/**
 * A replay sees the failure of a local activity without the ActivityFailure that was around it at first. So whoever decides
 * by a failure asks for its cause, wrapped or not: otherwise a replay would take another way than the history.
 */
function rootCause(error: unknown): unknown {
  const wraps = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure;
  return wraps && error.cause instanceof TemporalFailure ? rootCause(error.cause) : error;
}
