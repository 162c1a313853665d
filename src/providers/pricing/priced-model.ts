import type { LlmProvider } from '../../core/agents/agent.js';
import type { ModelEvent, ModelRequest } from '../../core/executions/turn.js';
import type { TokenUsage } from '../../core/streams/stream-event.js';
import type { LanguageModel } from '../language-model.js';
import type { PriceTable } from './price-table.js';

/** Another model whose counts of tokens say what they cost. */
export class PricedModel implements LanguageModel {
  readonly #model: LanguageModel;
  readonly #prices: PriceTable;

  constructor(model: LanguageModel, prices: PriceTable) {
    this.#model = model;
    this.#prices = prices;
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent, void, undefined> {
    const { provider } = request;
    for await (const event of this.#model.stream(request, signal)) {
      if (event.type === 'usage') yield { type: 'usage', usage: this.#priced(provider, event.usage) };
      else if (event.type === 'finish') {
        yield { type: 'finish', finish: { ...event.finish, usage: this.#priced(provider, event.finish.usage) } };
      } else yield event;
    }
  }

  #priced(provider: LlmProvider, usage: TokenUsage): TokenUsage {
    const costUsd = this.#prices.costOf(provider, usage);
    return costUsd === undefined ? usage : { ...usage, costUsd };
  }
}
