import type { LlmProvider } from '../agents/agent.js';
import type { TokenUsage } from '../streams/stream-event.js';

/** So many places behind the point are a hundred-millionth of a cent: what is behind them is the noise of binary fractions. */
const PLACES = 10;

/** US dollars as they are stored and shown. */
export function roundedUsd(amount: number): number {
  return Number(amount.toFixed(PLACES));
}

/** Of all together; `undefined` where one of them is not known: a part must not pass for the whole. 0 for none. */
export function totalCost(amounts: readonly (number | undefined)[]): number | undefined {
  let total = 0;
  for (const amount of amounts) {
    if (amount === undefined) return undefined;
    total += amount;
  }
  return roundedUsd(total);
}

/** What batches cost of what a stream would. */
const BATCH_PRICE = 0.5;

/** What a call costs, in US dollars; `undefined` where no price is known. */
type CostOf = (provider: LlmProvider, usage: TokenUsage) => number | undefined;

/** What comes from the cache: its part of a prompt as long as this one that all came from there, since longer ones have higher prices. */
function cachedCost(costOf: CostOf, provider: LlmProvider, { inputTokens, cachedInputTokens = 0 }: TokenUsage): number {
  const cached = Math.min(cachedInputTokens, inputTokens);
  if (cached === 0) return 0;
  const all = { inputTokens, outputTokens: 0, totalTokens: inputTokens, cachedInputTokens: inputTokens };
  return ((costOf(provider, all) ?? 0) * cached) / inputTokens;
}

/** What calls cost in a batch, by what they would as streams. What Google reads from its cache is no cheaper there. */
export function batchCostOf(costOf: CostOf): CostOf {
  return (provider, usage) => {
    const streamed = costOf(provider, usage);
    if (streamed === undefined) return undefined;
    const full = provider.type === 'google' ? cachedCost(costOf, provider, usage) : 0;
    return roundedUsd((streamed + full) * BATCH_PRICE);
  };
}
