import { describe, expect, it } from 'vitest';

import { MemoryAnswerCacheStore } from '../../../src/storage/memory/answer-cache.js';

describe('answers that are kept in memory', () => {
  it('are bounded also where each is short: the oldest go', async () => {
    const store = new MemoryAnswerCacheStore(() => false, 10_000);
    for (let index = 0; index < 1000; index += 1) {
      const facts = { agentId: 'a', executionId: `e-${index}`, warnings: [], ttlSeconds: 60 };
      await store.keep({ ...facts, key: `${index}`, text: 'y' });
    }
    const wanted = Array.from({ length: 1000 }, (_, index) => ({ key: `${index}`, maxAgeSeconds: 60 }));
    const kept = (await store.progress(wanted)).map((progress) => progress === 'answered');
    expect(kept.filter(Boolean).length).toBeLessThan(20);
    expect(kept.at(-1)).toBe(true);
  });
});
