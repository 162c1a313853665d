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

/** What calls cost in a batch, by what they would as streams. What Google reads from its cache is no cheaper there. */
export function batchCostOf(costOf: CostOf): CostOf {
  return (provider, usage) => {
    const streamed = costOf(provider, usage);
    if (streamed === undefined) return undefined;
    const { cachedInputTokens: cached = 0 } = usage;
    const read = { inputTokens: cached, outputTokens: 0, totalTokens: cached, cachedInputTokens: cached };
    const full = provider.type === 'google' && cached > 0 ? (costOf(provider, read) ?? 0) : 0;
    return roundedUsd((streamed + full) * BATCH_PRICE);
  };
}
