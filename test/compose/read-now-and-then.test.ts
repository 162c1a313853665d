import { expect, it } from 'vitest';

import { ReadNowAndThen } from '../../src/compose/read-now-and-then.js';

const SERVING = { servesMs: 15_000, share: 0.02 };

function aReading(tookMs: number) {
  const state = { now: 0, readings: 0 };
  const read = () => {
    state.readings += 1;
    state.now += tookMs;
    return Promise.resolve(state.readings);
  };
  return { state, kept: new ReadNowAndThen(read, { ...SERVING, now: () => state.now }) };
}

it('reads once for all who ask within 15 s', async () => {
  const { state, kept } = aReading(10);
  expect(await Promise.all([kept.value(), kept.value()])).toEqual([1, 1]);
  state.now += 14_000;
  expect(await kept.value()).toBe(1);
  state.now += 2000;
  expect(await kept.value()).toBe(2);
});

it('reads what takes long so much the more rarely', async () => {
  const { state, kept } = aReading(3000);
  await kept.value();
  state.now += 140_000;
  expect(await kept.value()).toBe(1);
  state.now += 20_000;
  expect(await kept.value()).toBe(2);
});

it('tries again what failed, not at once, however long it took to fail', async () => {
  let readings = 0;
  let now = 0;
  const fails = () => {
    readings += 1;
    now += 30_000;
    return Promise.reject(new Error('away'));
  };
  const kept = new ReadNowAndThen(fails, { ...SERVING, now: () => now });
  await expect(kept.value()).rejects.toThrow('away');
  await expect(kept.value()).rejects.toThrow('away');
  expect(readings).toBe(1);
  now += 16_000;
  await expect(kept.value()).rejects.toThrow('away');
  expect(readings).toBe(2);
});
