import { beforeEach, describe, expect, it } from 'vitest';

import { FailedAttempts } from '../../../src/api/access/failed-attempts.js';
import { settledHeap } from '../../support/settled-heap.js';

const LIMITS = { atOnce: 3, forgottenPerSecond: 2, stepMs: 100, longestMs: 500, mostWaiting: 4, mostWaitingOfOne: 2 };

describe('those who show what opens nothing', () => {
  let now = 0;
  let waits: number[] = [];
  let goOn: (() => void)[] = [];
  let waitsEnd = true;
  let failed: FailedAttempts;

  beforeEach(() => {
    [now, waits, goOn, waitsEnd] = [0, [], [], true];
    const wait = async (ms: number) => {
      waits.push(ms);
      if (!waitsEnd) await new Promise<void>((resolve) => goOn.push(resolve));
    };
    failed = new FailedAttempts({ ...LIMITS, now: () => now, wait });
  });

  async function fail(times: number, address = '192.0.2.1'): Promise<void> {
    for (let time = 0; time < times; time += 1) await failed.slowDown(address);
  }

  it('hear so at once a few times, then later and later, up to a bound', async () => {
    await fail(3);
    expect(waits).toEqual([]);
    await fail(7);
    expect(waits).toEqual([100, 200, 300, 400, 500, 500, 500]);
  });

  it('are slowed down by their address alone, of IPv6 by its network', async () => {
    await fail(4);
    await fail(3, '192.0.2.2');
    expect(waits).toEqual([100]);
    for (const last of ['1', '2', '3', '4']) await fail(1, `2001:db8::${last}`);
    expect(waits).toEqual([100, 100]);
    await fail(3, '2001:db8:0:1::1');
    expect(waits).toEqual([100, 100]);
  });

  it('are forgotten with time', async () => {
    await fail(5);
    now = 1000;
    waits = [];
    await fail(1);
    expect(waits).toEqual([100]);
    now = 10_000;
    await fail(3);
    expect(waits).toEqual([100]);
  });

  it('are refused at once where too many wait: of one address, and of all', async () => {
    await fail(3);
    await fail(3, '192.0.2.2');
    await fail(3, '192.0.2.3');
    waitsEnd = false;
    const waiting = [failed.slowDown('192.0.2.1'), failed.slowDown('192.0.2.1')];
    await expect(failed.slowDown('192.0.2.1')).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      facts: { retryAfterSeconds: 2 },
    });
    waiting.push(failed.slowDown('192.0.2.2'), failed.slowDown('192.0.2.2'));
    await expect(failed.slowDown('192.0.2.3')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    for (const end of goOn) end();
    await Promise.all(waiting);
    waitsEnd = true;
    await expect(failed.slowDown('192.0.2.3')).resolves.toBeUndefined();
  });

  it('take no more memory, however many they are', async () => {
    const attempts = async (from: number) => {
      for (let one = from; one < from + 100_000; one += 1) {
        await failed.slowDown(`2001:db8:${(one >> 16).toString(16)}:${(one & 0xffff).toString(16)}::1`);
      }
    };
    await attempts(0);
    const before = await settledHeap();
    await attempts(100_000);
    expect((await settledHeap()) - before).toBeLessThan(1_000_000);
  });
});
