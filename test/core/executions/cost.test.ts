import { describe, expect, it } from 'vitest';

import type { LlmProvider } from '../../../src/core/agents/agent.js';
import { batchCostOf } from '../../../src/core/executions/cost.js';
import { priceTable } from '../../../src/providers/pricing/price-table.js';
import type { TokenUsage } from '../../../src/core/streams/stream-event.js';

const USAGE = { inputTokens: 1000, outputTokens: 100, totalTokens: 1100, cachedInputTokens: 800 };

function provider(type: LlmProvider['type']): LlmProvider {
  return { type, model: 'm', headers: {}, options: {} };
}

/** A dollar for a thousand tokens, and a tenth of it for those from the cache. */
function streamed(_provider: LlmProvider, usage: TokenUsage): number {
  const { inputTokens, outputTokens, cachedInputTokens: cached = 0 } = usage;
  return (inputTokens - cached + outputTokens + cached / 10) / 1000;
}

describe('what a call costs in a batch', () => {
  it('is half of what it costs as a stream, also of what was in the cache', () => {
    expect(batchCostOf(streamed)(provider('anthropic'), USAGE)).toBe(0.19);
    expect(batchCostOf(streamed)(provider('google'), { ...USAGE, cachedInputTokens: 0 })).toBe(0.55);
  });

  it('is not half of what Google had in its cache', () => {
    expect(batchCostOf(streamed)(provider('google'), USAGE)).toBe(0.23);
  });

  it('is that of a long prompt also for what Google had in its cache', () => {
    const gemini = { ...provider('google'), model: 'gemini-2.5-pro' };
    const usage = { inputTokens: 300_000, outputTokens: 0, totalTokens: 300_000, cachedInputTokens: 100_000 };
    const prices = priceTable({});
    expect(prices.costOf(gemini, usage)).toBe(0.525);
    // 200,000 at 2.50 by half, and 100,000 at 0.25.
    expect(batchCostOf((of, used) => prices.costOf(of, used))(gemini, usage)).toBe(0.275);
  });

  it('is not known where that of a stream is not', () => {
    expect(batchCostOf(() => undefined)(provider('google'), USAGE)).toBeUndefined();
  });
});
