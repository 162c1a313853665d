import { describe, expect, it } from 'vitest';

import { cachedDirectory } from '../../src/providers/cached-directory.js';

function countingDirectory() {
  const counting = { checks: 0, failing: false };
  return {
    counting,
    check: async () => {
      counting.checks += 1;
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (counting.failing) throw new Error('broken');
      return [];
    },
  };
}

describe('a cached directory', () => {
  it('lets all who ask at once share one check', async () => {
    const directory = countingDirectory();
    const cached = cachedDirectory(directory);
    await Promise.all(Array.from({ length: 50 }, () => cached.check()));
    expect(directory.counting.checks).toBe(1);
  });

  it('gives an answer for 30 seconds, then asks again, once', async () => {
    const directory = countingDirectory();
    let nowMs = 0;
    const cached = cachedDirectory(directory, () => nowMs);
    await cached.check();
    nowMs = 29_999;
    await cached.check();
    expect(directory.counting.checks).toBe(1);
    nowMs = 30_000;
    await Promise.all([cached.check(), cached.check()]);
    expect(directory.counting.checks).toBe(2);
  });

  it('does not keep a failure', async () => {
    const directory = countingDirectory();
    const cached = cachedDirectory(directory);
    directory.counting.failing = true;
    await expect(cached.check()).rejects.toThrow('broken');
    directory.counting.failing = false;
    expect(await cached.check()).toEqual([]);
  });
});
