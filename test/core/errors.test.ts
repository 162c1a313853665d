import { describe, expect, it } from 'vitest';

import { CircuitBreakerError, notFound, validationFailed, wordsOf } from '../../src/core/errors.js';
import { wellFormed } from '../../src/core/json/well-formed-text.js';
import { executionFailure, finalFailure } from '../../src/contract/failures.js';

const LONG = '👍'.repeat(500_000);

describe('an error, whatever it quotes,', () => {
  it.each([
    ['of ours', new CircuitBreakerError('NOT_FOUND', LONG).message],
    ['of what is not there', notFound('token', LONG).message],
    ['that ends a Temporal workflow', finalFailure({ code: 'server', message: LONG }).message],
    ['that an execution is recorded with', executionFailure(new Error(LONG)).errorMessage],
  ])('has a message that can be sent and stored: one %s', (_what, message) => {
    expect(message.length).toBeLessThanOrEqual(4000);
    expect(message).toMatch(/…"?\.?$/);
    expect(wellFormed(message)).toBe(message);
  });

  it('tells the first 200 problems, each within bounds, and how many more there are', () => {
    const problems = Array.from(
      { length: 1000 },
      () => ({ code: 'INVALID_VALUE', pointer: LONG, message: LONG }) as const,
    );
    const { facts, message } = validationFailed('It', problems);
    expect(facts.problems).toHaveLength(201);
    expect(facts.problems?.at(-1)).toEqual({
      code: 'MORE_PROBLEMS',
      pointer: '',
      message: 'there are 800 more problems',
    });
    expect(JSON.stringify([facts, message]).length).toBeLessThan(400_000);
  });
});

describe('what was thrown', () => {
  it.each([
    ['an error', new Error('gone'), 'gone'],
    ['a text', 'gone', 'gone'],
    ['nothing', undefined, 'undefined'],
    ['an object that cannot be a text', Object.create(null), 'something was thrown that says nothing'],
  ])('is told in words, whatever it is: %s', (_what, thrown: unknown, words) => {
    expect(wordsOf(thrown)).toBe(words);
  });
});
