import type { ProviderType } from '../core/agent.js';
import { checkProvider } from '../core/check-provider.js';
import { ModelError } from '../core/model-error.js';
import type { ModelEvent, ModelRequest } from '../core/turn.js';
import { ChatCompletionsModel } from './chat-completions-model.js';
import type { LanguageModel } from './language-model.js';
import { MockModel } from './mock-model.js';
import type { ProviderDependencies } from './provider-dependencies.js';

/** The model of every provider: each call goes to the adapter of its provider's type. One per process. */
export function createLanguageModel(dependencies: ProviderDependencies): LanguageModel {
  const chatCompletions = new ChatCompletionsModel(dependencies);
  const adapters: Readonly<Partial<Record<ProviderType, LanguageModel>>> = {
    openai: chatCompletions,
    custom: chatCompletions,
    mock: new MockModel(),
  };
  return {
    async *stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent, void, undefined> {
      yield* adapterFor(request, adapters).stream(request, signal);
    },
  };
}

function adapterFor(
  request: ModelRequest,
  adapters: Readonly<Partial<Record<ProviderType, LanguageModel>>>,
): LanguageModel {
  const { provider } = request;
  const adapter = adapters[provider.type];
  if (adapter === undefined) {
    const advice = 'Use openai, custom (any OpenAI-compatible server) or mock.';
    throw new ModelError('invalid_request', `This version has no ${provider.type} provider yet. ${advice}`);
  }
  // Checked again although agents are when they are saved: one stored by other rules must not send a key either.
  const problems = checkProvider(provider);
  if (problems.length > 0) {
    const faults = problems.map(({ pointer, message }) => `${message} (llmProvider${pointer})`).join('; ');
    throw new ModelError('invalid_request', `The agent's provider is not valid: ${faults}.`);
  }
  return adapter;
}
