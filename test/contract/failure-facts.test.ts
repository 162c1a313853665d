import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure, RetryState } from '@temporalio/common';
import { expect, it } from 'vitest';

import { failureFacts } from '../../src/contract/failure-facts.js';
import { finalFailure, refusalFailure } from '../../src/contract/failures.js';

it('reads of a rejected update what blocks the transition', () => {
  const blockers = [{ code: 'WRONG_PLACE' as const, message: 'it is in draft' }];
  const refusal = refusalFailure({ code: 'TRANSITION_REFUSED', message: 'refused', blockers });
  expect(failureFacts(new WorkflowUpdateFailedError('rejected', refusal))).toEqual({
    code: 'TRANSITION_REFUSED',
    message: 'refused',
    problems: [],
    blockers,
  });
});

it('reads of a token that failed what was wrong with its definition', () => {
  const problems = [{ code: 'UNKNOWN_PLACE' as const, pointer: '/places/0', message: 'there is none' }];
  const failure = finalFailure({ code: 'VALIDATION_FAILED', message: 'not valid' }, { problems });
  const error = new WorkflowFailedError('failed', failure, RetryState.NON_RETRYABLE_FAILURE);
  expect(failureFacts(error)).toEqual({ code: 'VALIDATION_FAILED', message: 'not valid', problems, blockers: [] });
});

it('says when to come again', () => {
  const failure = finalFailure({ code: 'RATE_LIMITED', message: 'later' }, { retryAfterSeconds: 1 });
  expect(failureFacts(failure)).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 1 });
});

it.each([
  ['an error without a cause', new Error('connection refused')],
  ['a failure without a type', new WorkflowUpdateFailedError('rejected', ApplicationFailure.create({ message: 'x' }))],
  ['no error', 'thrown'],
])('says nothing of %s', (_name, error) => {
  expect(failureFacts(error)).toBeUndefined();
});

it('takes a failure without facts, or with null in their place', () => {
  const failure = ApplicationFailure.create({ type: 'NOT_FOUND', message: 'none', details: [null] });
  expect(failureFacts(failure)).toEqual({ code: 'NOT_FOUND', message: 'none', problems: [], blockers: [] });
});
