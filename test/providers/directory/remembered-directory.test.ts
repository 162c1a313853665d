import { describe, expect, it } from 'vitest';

import { rememberedDirectory } from '../../../src/providers/directory/remembered-directory.js';

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

describe('a remembered directory', () => {
  it('lets all who ask at once share one check', async () => {
    const directory = countingDirectory();
    const remembered = rememberedDirectory(directory);
    await Promise.all(Array.from({ length: 50 }, () => remembered.check()));
    expect(directory.counting.checks).toBe(1);
  });

  it('gives an answer for 30 seconds, then asks again, once', async () => {
    const directory = countingDirectory();
    let nowMs = 0;
    const remembered = rememberedDirectory(directory, () => nowMs);
    await remembered.check();
    nowMs = 29_999;
    await remembered.check();
    expect(directory.counting.checks).toBe(1);
    nowMs = 30_000;
    await Promise.all([remembered.check(), remembered.check()]);
    expect(directory.counting.checks).toBe(2);
  });

  it('does not keep a failure', async () => {
    const directory = countingDirectory();
    const remembered = rememberedDirectory(directory);
    directory.counting.failing = true;
    await expect(remembered.check()).rejects.toThrow('broken');
    directory.counting.failing = false;
    expect(await remembered.check()).toEqual([]);
  });
});
