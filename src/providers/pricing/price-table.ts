import { calcPrice, findProvider } from '@pydantic/genai-prices';

import type { LlmProvider, ProviderType } from '../../core/agents/agent.js';
import { roundedUsd } from '../../core/executions/cost.js';
import type { TokenUsage } from '../../core/streams/stream-event.js';

/** Of one model, in US dollars for a million tokens. */
export interface ModelPrice {
  readonly inputUsdPerMillion: number;
  readonly outputUsdPerMillion: number;
  /** Absent: as any other input. */
  readonly cachedInputUsdPerMillion?: number;
}

/** By `<provider type>/<model>`. */
export type OwnPrices = Readonly<Record<string, ModelPrice>>;

export interface PriceTable {
  /** What a call cost, in US dollars; `undefined` where no price is known, or nothing was counted. */
  costOf(provider: LlmProvider, usage: TokenUsage): number | undefined;
}

/** Their names in the list that others keep. Who runs Ollama pays for a machine, and the mock costs nothing worth a number. */
const LISTED_AS: Readonly<Record<ProviderType, string | undefined>> = {
  openai: 'openai',
  anthropic: 'anthropic',
  google: 'google',
  ollama: undefined,
  custom: undefined,
  mock: undefined,
};

/** One's own prices first, then those of the list that comes with the program, as they are on the day of the call. */
export function priceTable(own: OwnPrices): PriceTable {
  return {
    costOf: (provider, usage) => {
      if (usage.inputTokens + usage.outputTokens === 0) return undefined;
      const name = `${provider.type}/${provider.model}`;
      const price = Object.hasOwn(own, name) ? own[name] : undefined;
      const cost = price === undefined ? listedCost(provider, usage) : ownCost(price, usage);
      return cost === undefined || !Number.isFinite(cost) ? undefined : roundedUsd(cost);
    },
  };
}

function ownCost(price: ModelPrice, usage: TokenUsage): number {
  const cached = cachedOf(usage);
  const { inputUsdPerMillion, outputUsdPerMillion, cachedInputUsdPerMillion = inputUsdPerMillion } = price;
  const input = (usage.inputTokens - cached) * inputUsdPerMillion + cached * cachedInputUsdPerMillion;
  return (input + usage.outputTokens * outputUsdPerMillion) / 1_000_000;
}

function listedCost(provider: LlmProvider, usage: TokenUsage): number | undefined {
  const providerId = listedAs(provider);
  if (providerId === undefined) return undefined;
  const counts = {
    input_tokens: usage.inputTokens,
    cache_read_tokens: cachedOf(usage),
    output_tokens: usage.outputTokens,
  };
  try {
    return calcPrice(counts, provider.model, { providerId })?.total_price;
  } catch {
    // It refuses counts that contradict each other: what they would cost, nobody knows.
    return undefined;
  }
}

/** Who is paid: an agent's own address says it, where it has one. */
function listedAs({ type, baseUrl }: LlmProvider): string | undefined {
  return baseUrl === undefined ? LISTED_AS[type] : findProvider({ providerApiUrl: baseUrl })?.id;
}

/** Some servers count more of a prompt as cached than it had. */
function cachedOf({ inputTokens, cachedInputTokens = 0 }: TokenUsage): number {
  return Math.min(cachedInputTokens, inputTokens);
}
