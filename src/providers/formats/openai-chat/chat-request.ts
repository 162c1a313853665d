import type {
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
  ChatCompletionUserMessageParam,
} from 'openai/resources/chat/completions';
import { ownValue } from '../../../core/json/json.js';
import type { ModelRequest } from '../../../core/executions/turn.js';
import type { ParameterPlan } from '../../request/parameter-plan.js';
import { planCall, type PlannedCall, type RequestParts } from '../../request/planned-call.js';
import { argumentsText, stateOf, toolCallsOf, type PromptParts } from '../../request/prompt-parts.js';
import { addressOf } from '../picture-address.js';
import { promptCacheKey } from '../../request/prompt-caching.js';
import { extraBody } from '../../request/request-options.js';
import { schemaName } from '../../request/structured-output.js';
import type { ToolNames } from '../../request/tool-names.js';
import { extraOf, KEPT_FORMAT, reasoningOf } from './kept-reasoning.js';

/** Throws ModelError `invalid_request` when `strictParameters` forbids what would have to be left out. */
export function planChatCall(request: ModelRequest): PlannedCall<ChatCompletionCreateParamsStreaming> {
  const { provider } = request;
  return planCall(
    request,
    (parts) => bodyOf(request, parts),
    provider.type === 'openai' ? 'openai-chat' : provider.type,
  );
}

function bodyOf(request: ModelRequest, parts: RequestParts): ChatCompletionCreateParamsStreaming {
  return {
    model: request.provider.model,
    messages: chatMessages(parts.prompt, parts.toolNames),
    stream: true,
    stream_options: { include_usage: true },
    ...samplingFields(parts),
    ...tokenLimit(parts, request),
    ...(parts.stop.length === 0 ? {} : { stop: [...parts.stop] }),
    ...toolFields(request, parts.toolNames),
    ...responseFormat(parts, request.outputSchema),
    ...promptCacheKey(request, parts),
    ...extraBody(request),
  };
}

type Fields = Partial<ChatCompletionCreateParamsStreaming>;

function samplingFields({ config }: ParameterPlan): Fields {
  return {
    ...(config.temperature === undefined ? {} : { temperature: config.temperature }),
    ...(config.topP === undefined ? {} : { top_p: config.topP }),
    ...(config.frequencyPenalty === undefined ? {} : { frequency_penalty: config.frequencyPenalty }),
    ...(config.presencePenalty === undefined ? {} : { presence_penalty: config.presencePenalty }),
  };
}

/** OpenAI's newer models refuse `max_tokens`; most compatible servers know nothing else. */
function tokenLimit({ config }: ParameterPlan, { provider }: ModelRequest): Fields {
  if (config.maxTokens === undefined) return {};
  const chosen = ownValue(provider.options, 'tokenLimitField');
  const otherwise = provider.type === 'openai' ? 'max_completion_tokens' : 'max_tokens';
  return { [typeof chosen === 'string' ? chosen : otherwise]: config.maxTokens };
}

function toolFields(request: ModelRequest, names: ToolNames): Fields {
  if (request.tools.length === 0) return {};
  const tools = request.tools.map((tool) => ({
    type: 'function' as const,
    function: { name: names.toWire(tool.name), description: tool.description, parameters: { ...tool.parameters } },
  }));
  return { tools };
}

function responseFormat({ format }: RequestParts, schema: ModelRequest['outputSchema']): Fields {
  switch (format.type) {
    case 'text':
    case 'prompt':
      return {};
    case 'json_object':
      return { response_format: { type: 'json_object' } };
    case 'json_schema': {
      const json_schema = { name: schemaName(schema), schema: { ...format.schema }, strict: format.strict };
      return { response_format: { type: 'json_schema', json_schema } };
    }
  }
}

/** One system message, in front: many servers take no other. */
function chatMessages({ system, messages }: PromptParts, names: ToolNames): ChatCompletionMessageParam[] {
  const spoken = messages.map((message) => chatMessage(message, names));
  return system === '' ? spoken : [{ role: 'system', content: system }, ...spoken];
}

function userContent({
  content,
  pictures = [],
}: PromptParts['messages'][number]): ChatCompletionUserMessageParam['content'] {
  if (pictures.length === 0) return content;
  const images = pictures.map((picture) => ({
    type: 'image_url' as const,
    image_url: { url: addressOf(picture) },
  }));
  return [...images, { type: 'text', text: content }];
}

function chatMessage(message: PromptParts['messages'][number], names: ToolNames): ChatCompletionMessageParam {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: userContent(message) };
    case 'tool':
      return { role: 'tool', content: message.content, tool_call_id: message.toolCallId ?? '' };
    case 'assistant': {
      const calls = toolCallsOf(message);
      if (calls.length === 0) return { role: 'assistant', content: message.content };
      const kept = stateOf(message, KEPT_FORMAT);
      const tool_calls = calls.map((call, index) => ({
        type: 'function' as const,
        id: call.id,
        function: { name: names.toWire(call.name), arguments: argumentsText(call) },
        ...extraOf(kept, index),
      }));
      const content = message.content === '' ? null : message.content;
      return { role: 'assistant', content, ...reasoningOf(kept), tool_calls };
    }
  }
}
