import { describe, expect, it } from 'vitest';

import {
  recallFire,
  rememberFire,
  REMEMBERED_FIRES,
  type IdempotentFires,
} from '../../src/core/tokens/idempotent-fires.js';
import { executionIdOf } from '../../src/core/executions/execution-id.js';
import { parseFireRequest } from '../../src/core/tokens/fire-request.js';
import { canonicalJson, jsonEquals } from '../../src/core/json/json.js';
import { mergePatch } from '../../src/core/json/merge-patch.js';
import { judgeFailure, retryLimits } from '../../src/core/executions/turn-retry.js';

describe('accepted fires', () => {
  const fires = rememberFire([], { transitionId: 'a', data: { x: 1, y: 2 }, idempotencyKey: 'k' }, 'e1');

  it('know the same fire by key and content, whatever the order of members', () => {
    const repeated = { idempotencyKey: 'k', data: { y: 2, x: 1 }, transitionId: 'a' };
    expect(recallFire(fires, repeated)).toEqual({ type: 'repeated', executionId: 'e1' });
  });

  it('tell other content under a known key', () => {
    expect(recallFire(fires, { transitionId: 'b', idempotencyKey: 'k' }).type).toBe('mismatch');
  });

  it('forget the oldest', () => {
    let many: IdempotentFires = fires;
    for (let n = 0; n < REMEMBERED_FIRES; n += 1) {
      many = rememberFire(many, { transitionId: 'a', idempotencyKey: String(n) }, undefined);
    }
    expect(many).toHaveLength(REMEMBERED_FIRES);
    expect(recallFire(many, { transitionId: 'a', idempotencyKey: 'k' }).type).toBe('new');
  });
});

describe('execution ids', () => {
  it('say token, transition and number', () => {
    expect(executionIdOf({ tokenId: 'doc', startedBy: 'review', number: 2 })).toBe('doc:review:2');
  });

  it('stay within 200 characters and apart', () => {
    const ids = ['x', 'y'].map((end) =>
      executionIdOf({ tokenId: 'd'.repeat(198) + end, startedBy: 'review', number: 1 }),
    );
    expect(ids.every((id) => id.length <= 200 && /^[A-Za-z0-9].*[A-Za-z0-9]$/.test(id))).toBe(true);
    expect(new Set(ids).size).toBe(2);
  });
});

describe('a fire from an untrusted message', () => {
  it.each([
    undefined,
    null,
    5,
    [],
    {},
    { transitionId: 5 },
    { transitionId: 'a', data: [] },
    { transitionId: 'a', expectedVersion: 1.5 },
  ])('is refused: %j', (message) => {
    expect(parseFireRequest(message)).toHaveProperty('problems');
  });

  it('takes null for absent and drops what it does not know', () => {
    expect(parseFireRequest({ transitionId: 'a', data: null, other: 1 })).toEqual({ value: { transitionId: 'a' } });
  });
});

describe('merge patch', () => {
  it('follows RFC 7396 and keeps a key named __proto__ as data', () => {
    const patch = JSON.parse('{"a":null,"b":{"c":[1]},"__proto__":{"d":1}}') as Record<string, never>;
    const merged = mergePatch({ a: 1, b: { x: 1 } }, patch);
    expect(JSON.stringify(merged)).toBe('{"b":{"x":1,"c":[1]},"__proto__":{"d":1}}');
    expect(({} as Record<string, unknown>)['d']).toBeUndefined();
  });
});

describe('JSON equality', () => {
  it('does not mind key order and does mind array order', () => {
    expect(jsonEquals({ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 })).toBe(true);
    expect(jsonEquals([1, 2], [2, 1])).toBe(false);
    expect(canonicalJson({ b: 1, a: [{ d: 1, c: 2 }] })).toBe('{"a":[{"c":2,"d":1}],"b":1}');
  });
});

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
    expect(judgeFailure(limits, { code: 'rate_limit', failures: 1, retryAfterMs: 7 })).toMatchObject({ delayMs: 7 });
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
});
