import { expect, it } from 'vitest';
import { mergeUsage } from '../../../src/providers/answer/merge-usage.js';

it('the larger count of the same call holds, part for part', () => {
  const first = mergeUsage(undefined, { inputTokens: 100, outputTokens: 0, totalTokens: 100, cachedInputTokens: 90 });
  const then = mergeUsage(first, { inputTokens: 0, outputTokens: 7, totalTokens: 7, reasoningTokens: 3 });
  expect(then).toEqual({
    inputTokens: 100,
    outputTokens: 7,
    totalTokens: 107,
    cachedInputTokens: 90,
    reasoningTokens: 3,
  });
});
