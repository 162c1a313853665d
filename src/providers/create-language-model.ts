import type { ProviderType } from '../core/agents/agent.js';
import { checkProvider } from '../core/validation/check-provider.js';
import { ModelError } from '../core/executions/model-error.js';
import type { WebAccess } from '../http/web-access.js';
import type { SchemaChecker } from '../schemas/schema-checker.js';
import type { ModelEvent, ModelRequest } from '../core/executions/turn.js';
import { MockModel } from './mock/mock-model.js';
import type { LanguageModel } from './language-model.js';
import type { ProviderDependencies } from './provider-dependencies.js';
import type { PriceTable } from './pricing/price-table.js';
import { PricedModel } from './pricing/priced-model.js';
import { PictureFetchingModel } from './picture-fetching-model.js';
import { StreamedModel } from './streamed-model.js';
import { wireFormatOf } from './wire-formats.js';

interface ModelDependencies extends ProviderDependencies {
  /** For the mock, which makes answers up. */
  readonly schemas: SchemaChecker;
  /** Fetches pictures where a provider does not; absent: they are refused. */
  readonly web?: WebAccess;
  /** Absent: nobody says what a call cost. */
  readonly prices?: PriceTable;
}

/** The model of every provider: each call goes to the adapter of its provider's type. One per process. */
export function createLanguageModel(dependencies: ModelDependencies): LanguageModel {
  const streamed = new StreamedModel(({ provider }, baseUrl) => wireFormatOf(provider, baseUrl), dependencies);
  const { web } = dependencies;
  const seeing = web === undefined ? streamed : new PictureFetchingModel(streamed, web);
  const mock = new MockModel(dependencies.schemas);
  const adapters: Readonly<Record<ProviderType, LanguageModel>> = {
    openai: seeing,
    anthropic: seeing,
    google: seeing,
    ollama: seeing,
    custom: seeing,
    mock,
  };
  const model: LanguageModel = {
    stream: (request, signal) =>
      isFaulty(request) ? refusal(request) : adapters[request.provider.type].stream(request, signal),
  };
  return dependencies.prices === undefined ? model : new PricedModel(model, dependencies.prices);
}

/**
 * Agents are checked when they are saved, and again here: one that was stored under other rules must not send a key
 * either.
 */
function isFaulty({ provider }: ModelRequest): boolean {
  return checkProvider(provider).length > 0;
}

// eslint-disable-next-line @typescript-eslint/require-await, require-yield -- a call that fails before its first event
async function* refusal({ provider }: ModelRequest): AsyncGenerator<ModelEvent, void, undefined> {
  const faults = checkProvider(provider).map(({ pointer, message }) => `${message} (llmProvider${pointer})`);
  throw new ModelError('invalid_request', `The agent's provider is not valid: ${faults.join('; ')}.`);
}
