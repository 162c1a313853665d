import { describe, expect, it } from 'vitest';

import { CircuitBreakerError } from '../../src/core/errors.js';
import { RetryLater } from '../../src/reconcile/retry-later.js';
import { NOW } from '../support/builders.js';

function retryLater() {
  let now = Date.parse(NOW);
  const told: string[] = [];
  const later = new RetryLater({
    now: () => new Date(now).toISOString(),
    onFirstFailure: (id) => {
      told.push(id);
    },
  });
  const fail = (id: string) => later.attempt(id, () => Promise.reject(new Error('no')));
  return { later, told, fail, pass: (ms: number) => (now += ms) };
}

const MINUTE = 60_000;

describe('what could not be set right', () => {
  it('waits longer each time, up to an hour, and is told once', async () => {
    const { later, told, fail, pass } = retryLater();
    for (const minutes of [1, 2, 4, 8, 16, 32, 60, 60]) {
      expect(await fail('a')).toBe(false);
      pass(minutes * MINUTE - 1);
      expect(later.waiting).toEqual(['a']);
      pass(1);
      expect(later.waiting).toEqual([]);
    }
    expect(told).toEqual(['a']);
  });

  it('is not tried while it waits, and begins anew once it was set right', async () => {
    const { later, told, fail, pass } = retryLater();
    await fail('a');
    let runs = 0;
    const succeed = () => later.attempt('a', () => Promise.resolve((runs += 1)));
    expect(await succeed()).toBe(false);
    pass(MINUTE);
    expect(await succeed()).toBe(true);
    expect(runs).toBe(1);
    await fail('a');
    expect(told).toEqual(['a', 'a']);
  });

  it('is nothing that a backend is away for', async () => {
    const { later, told } = retryLater();
    const away = new CircuitBreakerError('UNAVAILABLE', 'The log is away.');
    await expect(later.attempt('a', () => Promise.reject(away))).rejects.toBe(away);
    expect([...told, ...later.waiting]).toEqual([]);
  });
});
