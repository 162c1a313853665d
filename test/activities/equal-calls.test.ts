import { describe, expect, it } from 'vitest';

import { EqualCalls } from '../../src/activities/equal-calls.js';
import type { CallProgress, WantedAnswer } from '../../src/storage/answer-cache-store.js';
import { eventually } from '../support/eventually.js';

class PlayedProgress {
  readonly states = new Map<string, CallProgress | 'away'>();
  asked = 0;
  mostKeys = 0;

  progress(wanted: readonly WantedAnswer[]): Promise<readonly CallProgress[]> {
    this.asked += 1;
    this.mostKeys = Math.max(this.mostKeys, wanted.length);
    const found = wanted.map(({ key }) => this.states.get(key) ?? 'free');
    return found.includes('away') ? Promise.reject(new Error('away')) : Promise.resolve(found as CallProgress[]);
  }
}

describe('who waits for a call of others', () => {
  function waiting(calls: EqualCalls, key: string, count: number) {
    const over: number[] = [];
    for (let number = 0; number < count; number += 1) {
      void calls.wait({ key, maxAgeSeconds: 60 }, new AbortController().signal).then(() => over.push(number));
    }
    return over;
  }

  it('goes on together once there is an answer, and asks for it together with all who wait', async () => {
    const store = new PlayedProgress();
    store.states.set('k', 'under-way').set('l', 'under-way');
    const calls = new EqualCalls(store);
    const [over, others] = [waiting(calls, 'k', 50), waiting(calls, 'l', 50)];
    await eventually(() => {
      expect(store.asked).toBeGreaterThan(1);
    });
    expect(over).toEqual([]);
    expect(store.mostKeys).toBe(2);
    store.states.set('k', 'answered');
    await eventually(() => {
      expect(over).toHaveLength(50);
    });
    expect(others).toEqual([]);
    store.states.set('l', 'answered');
  });

  it('goes on however many there are', async () => {
    const store = new PlayedProgress();
    store.states.set('k', 'under-way');
    const over = waiting(new EqualCalls(store), 'k', 200_000);
    await eventually(() => {
      expect(store.asked).toBeGreaterThan(2);
    });
    store.states.set('k', 'answered');
    await eventually(() => {
      expect(over.length).toBe(200_000);
    });
  });

  it('goes on one by one, the first who came first, where the call came to nothing', async () => {
    const store = new PlayedProgress();
    store.states.set('k', 'under-way');
    const over = waiting(new EqualCalls(store), 'k', 3);
    await eventually(() => {
      expect(store.asked).toBeGreaterThan(0);
    });
    const before = store.asked;
    store.states.set('k', 'free');
    await eventually(() => {
      expect(over).toEqual([0, 1, 2]);
    });
    expect(store.asked - before).toBeGreaterThanOrEqual(3);
  });

  it('waits on where storage does not say, and leaves when its time is over', { tags: 'storage-away' }, async () => {
    const store = new PlayedProgress();
    store.states.set('k', 'away');
    const calls = new EqualCalls(store);
    const over = waiting(calls, 'k', 1);
    const left = calls.wait({ key: 'k', maxAgeSeconds: 60 }, AbortSignal.timeout(20));
    await expect(left).rejects.toMatchObject({ name: 'TimeoutError' });
    await expect(calls.wait({ key: 'k', maxAgeSeconds: 60 }, AbortSignal.abort(new Error('no')))).rejects.toThrow('no');
    await eventually(() => {
      expect(store.asked).toBeGreaterThan(1);
    });
    expect(over).toEqual([]);
    store.states.set('k', 'answered');
    await eventually(() => {
      expect(over).toEqual([0]);
    });
  });
});
