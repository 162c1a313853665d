import { calcPrice, findProvider } from '@pydantic/genai-prices';

import type { LlmProvider, ProviderType } from '../../core/agents/agent.js';
import { capabilitiesOf } from '../../core/agents/model-capabilities.js';
import { roundedUsd } from '../../core/executions/cost.js';
import type { TokenUsage } from '../../core/streams/stream-event.js';

/** Of one model, in US dollars for a million tokens. */
export interface ModelPrice {
  readonly inputUsdPerMillion: number;
  readonly outputUsdPerMillion: number;
  /** Absent: as any other input. */
  readonly cachedInputUsdPerMillion?: number;
  /** Of what is written to the provider's cache. Absent: as much more than other input as its provider takes of everybody. */
  readonly cacheWriteInputUsdPerMillion?: number;
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
      const cost = price === undefined ? listedCost(provider, usage) : ownCost(price, provider, usage);
      return cost === undefined || !Number.isFinite(cost) ? undefined : roundedUsd(cost);
    },
  };
}

function ownCost(price: ModelPrice, provider: LlmProvider, usage: TokenUsage): number {
  const { inputUsdPerMillion: plain, outputUsdPerMillion, cachedInputUsdPerMillion = plain } = price;
  const { writePrice } = capabilitiesOf(provider).promptCache ?? { writePrice: 1 };
  const { cacheWriteInputUsdPerMillion = plain * writePrice } = price;
  const { cached, written, rest } = inputOf(usage);
  const input = rest * plain + cached * cachedInputUsdPerMillion + written * cacheWriteInputUsdPerMillion;
  return (input + usage.outputTokens * outputUsdPerMillion) / 1_000_000;
}

function listedCost(provider: LlmProvider, usage: TokenUsage): number | undefined {
  const providerId = listedAs(provider);
  if (providerId === undefined) return undefined;
  const { cached, written } = inputOf(usage);
  const counts = {
    input_tokens: usage.inputTokens,
    cache_read_tokens: cached,
    cache_write_tokens: written,
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

/** The tokens of a prompt, each of them once: some servers count more of it as cached than it had. */
function inputOf({ inputTokens, cachedInputTokens = 0, cacheWriteInputTokens = 0 }: TokenUsage) {
  const cached = Math.min(cachedInputTokens, inputTokens);
  const written = Math.min(cacheWriteInputTokens, inputTokens - cached);
  return { cached, written, rest: inputTokens - cached - written };
}
