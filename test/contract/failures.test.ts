import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  defaultFailureConverter,
  defaultPayloadConverter,
  RetryState,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/common';
import { describe, expect, it } from 'vitest';

import {
  activityFailure,
  executionFailure,
  finalCause,
  finalFailure,
  hasRecordedItself,
  interruption,
  isFinalFailure,
  isInterruption,
} from '../../src/contract/failures.js';
import { CircuitBreakerError } from '../../src/core/errors.js';

const causes = {
  final: ApplicationFailure.nonRetryable('the key is wrong', 'auth', { field: 'key' }),
  passing: ApplicationFailure.retryable('storage is away', 'UNAVAILABLE'),
  cancelled: new CancelledFailure('cancelled'),
  timeout: new TimeoutFailure('too slow', undefined, 'SCHEDULE_TO_CLOSE'),
  terminated: new TerminatedFailure('by hand'),
} as const;

function inActivity(cause: Error): Error {
  return new ActivityFailure('failed', 'recordToken', '1', RetryState.MAXIMUM_ATTEMPTS_REACHED, 'worker', cause);
}

function inChild(cause: Error): Error {
  return new ChildWorkflowFailure('default', {}, 'agentExecution', RetryState.NON_RETRYABLE_FAILURE, cause);
}

describe('a failure', () => {
  it.each(Object.entries(causes))(
    'is read by its cause: %s, bare as a replay has it or wrapped',
    { tags: 'failure-cause' },
    (_, cause) => {
      const readings = [cause, inActivity(cause), inChild(cause), inChild(inActivity(cause))].map((failure) => ({
        isFinal: isFinalFailure(failure),
        execution: executionFailure(failure),
        hasRecordedItself: hasRecordedItself(failure),
        end: finalCause(failure),
      }));
      expect(new Set(readings.map((reading) => JSON.stringify(reading)))).toHaveLength(1);
    },
  );

  it.each([
    ['final', true],
    ['passing', false],
    ['timeout', false],
    ['cancelled', true],
  ] as const)('that is %s is final: %s', (name, isFinal) => {
    expect(isFinalFailure(causes[name])).toBe(isFinal);
  });

  it.each([
    ['final', 'FAILED', 'auth'],
    ['passing', 'FAILED', 'UNAVAILABLE'],
    ['cancelled', 'CANCELLED', 'cancelled'],
    ['timeout', 'TIMEOUT', 'timeout'],
    ['terminated', 'TERMINATED', 'terminated'],
  ] as const)('that is %s ends an execution as %s with the code %s', (name, status, errorCode) => {
    expect(executionFailure(causes[name])).toMatchObject({ status, errorCode });
  });

  it('of an unreachable backend is worth another try, and of any other code is final', () => {
    const away = activityFailure(new CircuitBreakerError('UNAVAILABLE', 'away'));
    const unknown = activityFailure(new CircuitBreakerError('NOT_FOUND', 'no such agent'));
    expect([away, unknown].map(isFinalFailure)).toEqual([false, true]);
  });
});

it('of an update that came out of turn is told from others that say UNAVAILABLE, also when Temporal has carried it', () => {
  const carried = (error: Error) =>
    defaultFailureConverter.failureToError(
      defaultFailureConverter.errorToFailure(error, defaultPayloadConverter),
      defaultPayloadConverter,
    );
  const refused = finalFailure({ code: 'UNAVAILABLE', message: 'No worker has the tool.' });
  expect([interruption(), refused].map(carried).map(isInterruption)).toEqual([true, false]);
});
