import type { ProviderType } from '../core/agent.js';
import { checkProvider } from '../core/check-provider.js';
import { ModelError } from '../core/model-error.js';
import type { ModelEvent, ModelRequest } from '../core/turn.js';
import { MockModel } from './mock/mock-model.js';
import type { LanguageModel } from './language-model.js';
import type { ProviderDependencies } from './provider-dependencies.js';
import { StreamedModel } from './streamed-model.js';
import { wireFormatOf } from './wire-formats.js';

/** The model of every provider: each call goes to the adapter of its provider's type. One per process. */
export function createLanguageModel(dependencies: ProviderDependencies): LanguageModel {
  const streamed = new StreamedModel(({ provider }) => wireFormatOf(provider, dependencies.credentials), dependencies);
  const mock = new MockModel();
  const adapters: Readonly<Record<ProviderType, LanguageModel>> = {
    openai: streamed,
    anthropic: streamed,
    google: streamed,
    ollama: streamed,
    custom: streamed,
    mock,
  };
  return {
    async *stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent, void, undefined> {
      refuseFaulty(request);
      yield* adapters[request.provider.type].stream(request, signal);
    },
  };
}

/** Checked again although agents are when they are saved: one stored by other rules must not send a key either. */
function refuseFaulty({ provider }: ModelRequest): void {
  const problems = checkProvider(provider);
  if (problems.length === 0) return;
  const faults = problems.map(({ pointer, message }) => `${message} (llmProvider${pointer})`).join('; ');
  throw new ModelError('invalid_request', `The agent's provider is not valid: ${faults}.`);
}
