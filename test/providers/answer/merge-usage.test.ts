import { expect, it } from 'vitest';
import { mergeUsage } from '../../../src/providers/answer/merge-usage.js';

it('the larger count of the same call holds, part for part', () => {
  const cache = { cachedInputTokens: 90, cacheWriteInputTokens: 5 };
  const first = mergeUsage(undefined, { inputTokens: 100, outputTokens: 0, totalTokens: 100, ...cache });
  const then = mergeUsage(first, { inputTokens: 0, outputTokens: 7, totalTokens: 7, reasoningTokens: 3 });
  expect(then).toEqual({
    inputTokens: 100,
    outputTokens: 7,
    totalTokens: 107,
    ...cache,
    reasoningTokens: 3,
  });
});
