import { AsyncLocalStorage } from 'node:async_hooks';

import { ActivityNotFoundError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';

import { LongWaits } from '../../src/temporal/long-waits.js';
import { eventually } from '../support/eventually.js';

/** What is said to Temporal of activities, by the first byte of their tokens. */
class Reports {
  readonly completed = new Map<number, unknown>();
  readonly failed = new Map<number, unknown>();
  beats = 0;
  readonly said: unknown[] = [];
  isKnown = true;
  failures = 0;

  heartbeat(_token: unknown, details: unknown): Promise<void> {
    this.beats += 1;
    this.said.push(details);
    return this.isKnown ? Promise.resolve() : Promise.reject(new ActivityNotFoundError('gone'));
  }

  complete(token: unknown, result: unknown): Promise<void> {
    if ((this.failures -= 1) >= 0) return Promise.reject(new Error('Temporal is away'));
    this.completed.set(numberOf(token), result);
    return Promise.resolve();
  }

  fail(token: unknown, error: unknown): Promise<void> {
    this.failed.set(numberOf(token), error);
    return Promise.resolve();
  }
}

function numberOf(token: unknown): number {
  return token instanceof Uint8Array ? new DataView(token.buffer).getUint16(0) : -1;
}

function activity(number: number, heartbeatTimeoutMs = 30_000) {
  const taskToken = new Uint8Array(2);
  new DataView(taskToken.buffer).setUint16(0, number);
  return { taskToken, heartbeatTimeoutMs };
}

const never = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(new Error('aborted'));
    });
  });

describe('long waits', () => {
  it('end their activities with what came, or with why nothing did', async () => {
    const reports = new Reports();
    reports.failures = 1;
    const waits = new LongWaits(reports);
    const error = new Error('no');
    waits.take(activity(1), () => Promise.resolve('done'));
    waits.take(activity(2), () => Promise.reject(error));
    await eventually(() => {
      expect(reports.completed).toEqual(new Map([[1, 'done']]));
      expect(reports.failed).toEqual(new Map([[2, error]]));
    });
    await waits.close();
    expect(reports.failed.size).toBe(1);
  });

  it('are looked at in the name of nobody', async () => {
    const inName = new AsyncLocalStorage<string>();
    const waits = new LongWaits(new Reports(), { bounds: { mostAtOnce: 1, roundMs: 100, shortestMs: 5 } });
    const looked = ['one', 'two'].map(
      (who, number) =>
        new Promise((resolve) => {
          inName.run(who, () => {
            waits.take(activity(number), () => {
              resolve(inName.getStore());
              return Promise.resolve();
            });
          });
        }),
    );
    const seen = await Promise.all(looked);
    await waits.close();
    expect(seen).toEqual([undefined, undefined]);
  });

  it('are all looked at, however many wait, and never more than a few at once', async () => {
    const reports = new Reports();
    const waits = new LongWaits(reports, { bounds: { mostAtOnce: 10, roundMs: 100, shortestMs: 5 } });
    let looking = 0;
    let most = 0;
    const look = (number: number) => async (signal: AbortSignal) => {
      looking += 1;
      most = Math.max(most, looking);
      try {
        // The first ones never end: those behind them have their turn all the same.
        return number < 25 ? await never(signal) : number;
      } finally {
        looking -= 1;
      }
    };
    for (let number = 0; number < 30; number += 1) waits.take(activity(number), look(number));
    await eventually(() => {
      expect(reports.completed.size).toBe(5);
    });
    expect(most).toBe(10);
    await waits.close();
    expect(reports.failed.size).toBe(25);
  });

  it('say what their next attempt has to know before they wait, and again before they fail', async () => {
    const reports = new Reports();
    const waits = new LongWaits(reports);
    let said = 0;
    const details = () => (said += 1);
    waits.take({ ...activity(1), details }, () => {
      expect(reports.said).toEqual([1]);
      return Promise.reject(new Error('no'));
    });
    await eventually(() => {
      expect(reports.failed.size).toBe(1);
    });
    expect(reports.said).toEqual([1, 2]);
  });

  it('are told of from their beginning to their end', async () => {
    const under = new Set<number>();
    const began = (token: Uint8Array) => {
      under.add(numberOf(token));
      return () => under.delete(numberOf(token));
    };
    const waits = new LongWaits(new Reports(), { began });
    waits.take(activity(1), () => Promise.resolve('done'));
    waits.take(activity(2), never);
    expect([...under]).toEqual([1, 2]);
    await eventually(() => {
      expect([...under]).toEqual([2]);
    });
    await waits.close();
    expect([...under]).toEqual([]);
  });

  it('are given up when Temporal no longer wants them', async () => {
    const reports = new Reports();
    reports.isKnown = false;
    const waits = new LongWaits(reports);
    let isGivenUp = false;
    waits.take(activity(1, 30), (signal) =>
      never(signal).catch((error: unknown) => {
        isGivenUp = true;
        throw error;
      }),
    );
    await eventually(() => {
      expect(isGivenUp).toBe(true);
    });
    await waits.close();
    expect(reports.failed.size).toBe(0);
    expect(reports.beats).toBe(1);
  });

  it('are handed to another worker when their process ends, also those that come then', async () => {
    const reports = new Reports();
    const waits = new LongWaits(reports);
    waits.take(activity(1), never);
    await waits.close();
    waits.take(activity(2), never);
    await eventually(() => {
      expect([...reports.failed.keys()]).toEqual([1, 2]);
    });
    for (const failure of reports.failed.values()) {
      expect(failure).toBeInstanceOf(ApplicationFailure);
      expect(failure).toMatchObject({ nonRetryable: false });
    }
  });
});
