import { describe, expect, it } from 'vitest';

import { Lanes } from '../../../src/storage/nats/lanes.js';

describe('lanes', () => {
  it('let so many run at a time, the others in the order in which they came', async () => {
    const lanes = new Lanes(2);
    const started: number[] = [];
    const open: (() => void)[] = [];
    const ran = Promise.all(
      [1, 2, 3, 4].map((n) =>
        lanes.run(async () => {
          started.push(n);
          await new Promise<void>((resolve) => open.push(resolve));
          return n * 10;
        }),
      ),
    );
    await settle();
    expect(started).toEqual([1, 2]);
    open[1]?.();
    await settle();
    expect(started).toEqual([1, 2, 3]);
    open[0]?.();
    open[2]?.();
    await settle();
    open[3]?.();
    expect(await ran).toEqual([10, 20, 30, 40]);
  });

  it('are free again after a task that failed', async () => {
    const lanes = new Lanes(1);
    await expect(lanes.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await lanes.run(() => Promise.resolve('yes'))).toBe('yes');
  });
});

/** Lets everything that can go on now go on. */
async function settle(): Promise<void> {
  await new Promise(setImmediate);
}
