import { ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { describe, expect, it } from 'vitest';

import { judgeAttempt } from '../../src/activities/attempt-failure.js';
import { ModelError } from '../../src/core/executions/model-error.js';
import { retryLimits } from '../../src/core/executions/turn-retry.js';

const limits = retryLimits({ maxAttempts: 3, backoffSeconds: 10 });

describe('what an attempt throws', () => {
  it('is retried after the backoff while the turn has attempts left', () => {
    const { failure, counts } = judgeAttempt(new ModelError('server', 'down'), limits, { failures: 1 });
    expect(failure).toMatchObject({ type: 'server', nonRetryable: false, nextRetryDelay: 20_000 });
    expect(counts).toBe(true);
  });

  it('is final at the last attempt, and for codes that are not retried', () => {
    expect(judgeAttempt(new ModelError('server', 'down'), limits, { failures: 2 }).failure).toMatchObject({
      nonRetryable: true,
    });
    expect(judgeAttempt(new ModelError('auth', 'no key'), limits, { failures: 0 }).failure).toMatchObject({
      nonRetryable: true,
    });
  });

  it('is retried after the errors that the use of the agent names, and no others', () => {
    const chosen = retryLimits({ maxAttempts: 3, backoffSeconds: 1, retryOnErrors: ['auth'] });
    expect(judgeAttempt(new ModelError('auth', 'no key'), chosen, { failures: 0 }).failure).toMatchObject({
      nonRetryable: false,
    });
    expect(judgeAttempt(new ModelError('server', 'down'), chosen, { failures: 0 }).failure).toMatchObject({
      nonRetryable: true,
    });
  });

  it('waits as long as the provider asked for', () => {
    const error = new ModelError('rate_limit', 'later', { retryAfterMs: 12_345 });
    expect(judgeAttempt(error, limits, { failures: 0 }).failure).toMatchObject({ nextRetryDelay: 12_345 });
  });

  it('is retried after the backoff where the provider asks for no wait', () => {
    const error = new ModelError('rate_limit', 'slow down', { retryAfterMs: 0 });
    expect(judgeAttempt(error, limits, { failures: 0 }).failure).toMatchObject({
      nextRetryDelay: 10_000,
      nonRetryable: false,
    });
  });

  it('is retried after a wait that Temporal takes for one, however short the backoff: 0 ms would mean never', () => {
    const hasty = retryLimits({ maxAttempts: 3, backoffSeconds: 0.0001 });
    const { failure } = judgeAttempt(new ModelError('server', 'down'), hasty, { failures: 0 });
    expect(failure).toMatchObject({ nextRetryDelay: 1, nonRetryable: false });
  });

  it('waits for a key that rests without counting, whatever the turn has left, and for one that rests too long not at all', () => {
    const resting = (retryAfterMs: number) => new ModelError('rate_limit', 'rests', { retryAfterMs, heldBack: true });
    const none = retryLimits({ maxAttempts: 1, backoffSeconds: 1, retryOnErrors: [] });
    const waiting = judgeAttempt(resting(12_345), none, { failures: 5 });
    expect(waiting).toMatchObject({ counts: false, isHeldBack: true, waitMs: 12_345, code: 'rate_limit' });
    expect(waiting.failure).toMatchObject({ type: 'rate_limit', nextRetryDelay: 12_345, nonRetryable: false });
    for (const judged of [
      judgeAttempt(resting(300_001), none, { failures: 0 }),
      judgeAttempt(resting(1_000), none, { failures: 0, waits: 60 }),
    ]) {
      expect(judged).toMatchObject({ counts: true, failure: { nonRetryable: true } });
      expect(judged).not.toHaveProperty('isHeldBack');
    }
  });

  it('goes on with a fallback at once where all keys rest, and that is no failure of theirs', () => {
    const resting = new ModelError('rate_limit', 'rests', { retryAfterMs: 12_345, heldBack: true });
    const judged = judgeAttempt(resting, limits, { failures: 0, next: () => 1 });
    expect(judged).toMatchObject({ counts: false, isHeldBack: true, nextAt: 1, failure: { nextRetryDelay: 1 } });
    expect(judged).not.toHaveProperty('waitMs');
  });

  it('is the very reason of a cancellation, and does not count', { tags: 'lost-attempts' }, () => {
    const reason = new CancelledFailure('WORKER_SHUTDOWN');
    expect(judgeAttempt(reason, limits, { failures: 0 })).toMatchObject({
      failure: reason,
      counts: false,
      code: 'worker_shutdown',
    });
  });

  it('counts a defect of ours like a failure of the provider, so that it ends', () => {
    const judged = judgeAttempt(new TypeError('undefined is not a function'), limits, { failures: 2 });
    expect(judged.failure).toBeInstanceOf(ApplicationFailure);
    expect(judged.failure).toMatchObject({ type: 'server', nonRetryable: true });
  });

  it('is final when the provider itself says that trying again is no use', () => {
    const error = new ModelError('server', 'no', { shouldRetry: false });
    expect(judgeAttempt(error, limits, { failures: 0 }).failure).toMatchObject({ nonRetryable: true });
  });

  it('is retried at once where another provider is for its code, and not before this one has had its attempts', () => {
    const next = (code: string) => (code === 'server' ? 1 : undefined);
    const early = judgeAttempt(new ModelError('server', 'down'), limits, { failures: 0, next });
    expect(early).toMatchObject({ waitMs: 10_000 });
    expect(early.nextAt).toBeUndefined();
    const last = judgeAttempt(new ModelError('server', 'down'), limits, { failures: 2, next });
    expect(last.nextAt).toBe(1);
    expect(last.failure).toMatchObject({ nonRetryable: false, nextRetryDelay: 1 });
    expect(judgeAttempt(new ModelError('auth', 'no key'), limits, { failures: 0, next }).failure).toMatchObject({
      nonRetryable: true,
    });
  });

  it('names the providers before the last one, all of which have failed', () => {
    const passed = [{ provider: 'anthropic' as const, model: 'claude', code: 'overloaded' as const }];
    const { failure, message } = judgeAttempt(new ModelError('auth', 'No key.'), limits, { failures: 0, passed });
    expect(failure).toMatchObject({
      type: 'auth',
      message: 'No key. This was the last fallback, after anthropic claude (overloaded).',
    });
    expect(message).toBe('No key.');
  });
});
