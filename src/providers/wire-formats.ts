import type { LlmProvider } from '../core/agents/agent.js';
import { ModelError } from '../core/executions/model-error.js';
import { messagesFormat } from './formats/anthropic/messages-format.js';
import { isOwnHost } from './keys/host-bound-keys.js';
import { generateFormat } from './formats/google/generate-format.js';
import { ollamaFormat } from './formats/ollama/ollama-format.js';
import { chatFormat } from './formats/openai-chat/chat-format.js';
import { responsesFormat } from './formats/openai-responses/responses-format.js';
import { textOption } from './request/request-options.js';
import type { WireFormat } from './wire-format.js';

/** The API that a provider is spoken to in at an address. Throws ModelError `invalid_request` for the mock, which has none. */
export function wireFormatOf(provider: LlmProvider, baseUrl: URL): WireFormat {
  switch (provider.type) {
    case 'openai':
      return openAiFormat(provider, baseUrl);
    case 'anthropic':
      return messagesFormat;
    case 'google':
      return generateFormat;
    case 'ollama':
      return ollamaFormat;
    case 'custom':
      return chatFormat;
    case 'mock':
      throw new ModelError('invalid_request', 'The mock provider calls no API.');
  }
}

/** Only OpenAI itself is sure to have the Responses API; the servers that copy it copy Chat Completions. */
function openAiFormat(provider: LlmProvider, baseUrl: URL): WireFormat {
  const chosen = textOption(provider, 'api');
  const isOpenAi = isOwnHost('openai', baseUrl);
  return chosen === 'responses' || (chosen === undefined && isOpenAi) ? responsesFormat : chatFormat;
}
