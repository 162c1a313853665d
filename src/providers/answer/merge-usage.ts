import type { TokenUsage } from '../../core/streams/stream-event.js';

/**
 * Two counts of the same call. Each is of all tokens so far, so the larger one holds: what was counted, and paid, is not
 * forgotten where a later frame says null, nothing or zero.
 */
export function mergeUsage(before: TokenUsage | undefined, now: TokenUsage): TokenUsage {
  if (before === undefined) return now;
  const inputTokens = Math.max(before.inputTokens, now.inputTokens);
  const outputTokens = Math.max(before.outputTokens, now.outputTokens);
  const cached = larger(before.cachedInputTokens, now.cachedInputTokens);
  const written = larger(before.cacheWriteInputTokens, now.cacheWriteInputTokens);
  const reasoning = larger(before.reasoningTokens, now.reasoningTokens);
  return {
    inputTokens,
    outputTokens,
    totalTokens: Math.max(before.totalTokens, now.totalTokens, inputTokens + outputTokens),
    ...(cached === undefined ? {} : { cachedInputTokens: cached }),
    ...(written === undefined ? {} : { cacheWriteInputTokens: written }),
    ...(reasoning === undefined ? {} : { reasoningTokens: reasoning }),
  };
}

function larger(left: number | undefined, right: number | undefined): number | undefined {
  return left === undefined || right === undefined ? (left ?? right) : Math.max(left, right);
}
