import { describe, expect, it } from 'vitest';

import { judgeFailure, retryLimits } from '../../../src/core/executions/turn-retry.js';

describe('judging a failure', () => {
  const limits = retryLimits({ maxAttempts: 3, backoffSeconds: 10 });

  it('backs off by two, at most a minute, and gives up at the last attempt', () => {
    expect(judgeFailure(limits, { code: 'timeout', failures: 1 })).toEqual({ type: 'retry', delayMs: 10_000 });
    expect(judgeFailure(limits, { code: 'timeout', failures: 2 })).toEqual({ type: 'retry', delayMs: 20_000 });
    expect(judgeFailure(limits, { code: 'timeout', failures: 3 })).toEqual({ type: 'give-up' });
    expect(judgeFailure({ ...limits, maxAttempts: 99 }, { code: 'timeout', failures: 9 })).toMatchObject({
      delayMs: 60_000,
    });
  });

  it('honours the provider and gives up on what is not retried', () => {
    expect(judgeFailure(limits, { code: 'rate_limit', failures: 1, retryAfterMs: 12_345 })).toMatchObject({
      delayMs: 12_345,
    });
    expect(judgeFailure(limits, { code: 'auth', failures: 1 })).toEqual({ type: 'give-up' });
    const nextDay = { code: 'rate_limit', failures: 1, retryAfterMs: 3_600_000 } as const;
    expect(judgeFailure(limits, nextDay)).toEqual({ type: 'give-up' });
    expect(
      judgeFailure(retryLimits({ maxAttempts: 3, backoffSeconds: 1, retryOnErrors: ['auth'] }), {
        code: 'auth',
        failures: 1,
      }).type,
    ).toBe('retry');
  });

  it.each([0, -1, Number.NaN, 7])(
    'waits its own backoff at least, where the provider asks for %s ms',
    (retryAfterMs) => {
      expect(judgeFailure(limits, { code: 'rate_limit', failures: 2, retryAfterMs })).toEqual({
        type: 'retry',
        delayMs: 20_000,
      });
    },
  );

  it('takes a backoff of 0 for the default one', () => {
    const none = retryLimits({ maxAttempts: 3, backoffSeconds: 0 });
    expect(judgeFailure(none, { code: 'server', failures: 1 })).toEqual({ type: 'retry', delayMs: 2_000 });
    expect(judgeFailure(none, { code: 'server', failures: 2 })).toEqual({ type: 'retry', delayMs: 4_000 });
  });
});
