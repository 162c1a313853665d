import type {
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import type { LlmConfig } from '../core/agent.js';
import { isJsonObject, ownValue, type JsonObject } from '../core/json.js';
import type { ModelRequest } from '../core/turn.js';
import { isJsonArray, textAt } from './json-fields.js';
import { planParameters } from './parameter-plan.js';
import { fitsStrictMode, readStructuredOutputMode, schemaName, stateSchema } from './structured-output.js';
import { nameTools, type ToolNames } from './tool-names.js';

/** The API takes no more; those beyond are cut by us, as are all where the model takes none. */
const MOST_STOP_SEQUENCES = 4;

/** One Chat Completions call, and what is needed to read its answer. */
export interface ChatPlan {
  readonly body: ChatCompletionCreateParamsStreaming;
  readonly toolNames: ToolNames;
  readonly warnings: readonly string[];
}

/** Throws ModelError `invalid_request` when `strictParameters` forbids what would have to be left out. */
export function planChatCall(request: ModelRequest): ChatPlan {
  const { provider } = request;
  const { config, sendsStop, warnings } = planParameters(request);
  const toolNames = nameTools(request.tools.map((tool) => tool.name));
  const body: ChatCompletionCreateParamsStreaming = {
    model: provider.model,
    messages: chatMessages(request, toolNames),
    stream: true,
    stream_options: { include_usage: true },
    ...samplingFields(config),
    ...tokenLimit(config, request),
    ...(sendsStop ? stopField(config) : {}),
    ...toolFields(request, toolNames),
    ...responseFormat(request),
  };
  const extra = ownValue(provider.options, 'extraBody');
  return { body: isJsonObject(extra) ? { ...body, ...extra } : body, toolNames, warnings };
}

function samplingFields(config: LlmConfig): Partial<ChatCompletionCreateParamsStreaming> {
  return {
    ...(config.temperature === undefined ? {} : { temperature: config.temperature }),
    ...(config.topP === undefined ? {} : { top_p: config.topP }),
    ...(config.frequencyPenalty === undefined ? {} : { frequency_penalty: config.frequencyPenalty }),
    ...(config.presencePenalty === undefined ? {} : { presence_penalty: config.presencePenalty }),
  };
}

/** OpenAI's newer models refuse `max_tokens`; most compatible servers know nothing else. */
function tokenLimit(config: LlmConfig, request: ModelRequest): Partial<ChatCompletionCreateParamsStreaming> {
  if (config.maxTokens === undefined) return {};
  const chosen = ownValue(request.provider.options, 'tokenLimitField');
  const otherwise = request.provider.type === 'openai' ? 'max_completion_tokens' : 'max_tokens';
  return { [typeof chosen === 'string' ? chosen : otherwise]: config.maxTokens };
}

function stopField(config: LlmConfig): Partial<ChatCompletionCreateParamsStreaming> {
  const sequences = (config.stopSequences ?? []).filter((sequence) => sequence !== '');
  return sequences.length === 0 ? {} : { stop: sequences.slice(0, MOST_STOP_SEQUENCES) };
}

function toolFields(request: ModelRequest, names: ToolNames): Partial<ChatCompletionCreateParamsStreaming> {
  if (request.tools.length === 0) return {};
  const tools = request.tools.map((tool) => ({
    type: 'function' as const,
    function: { name: names.toWire(tool.name), description: tool.description, parameters: { ...tool.parameters } },
  }));
  return { tools };
}

function responseFormat(request: ModelRequest): Partial<ChatCompletionCreateParamsStreaming> {
  const schema = request.outputSchema;
  if (schema === undefined) return {};
  switch (readStructuredOutputMode(request.provider.options)) {
    case 'prompt':
      return {};
    case 'json_object':
      return { response_format: { type: 'json_object' } };
    case 'json_schema': {
      const json_schema = { name: schemaName(schema), schema: { ...schema }, strict: fitsStrictMode(schema) };
      return { response_format: { type: 'json_schema', json_schema } };
    }
  }
}

function chatMessages(request: ModelRequest, names: ToolNames): ChatCompletionMessageParam[] {
  const messages = request.messages.map((message) => chatMessage(message, names));
  if (request.outputSchema === undefined) return messages;
  if (readStructuredOutputMode(request.provider.options) === 'json_schema') return messages;
  return withInstruction(messages, stateSchema(request.outputSchema));
}

/** Into the system message that is there: many servers take one only, and only in front. */
function withInstruction(messages: ChatCompletionMessageParam[], instruction: string): ChatCompletionMessageParam[] {
  const [first, ...rest] = messages;
  if (first?.role !== 'system' || typeof first.content !== 'string') {
    return [{ role: 'system', content: instruction }, ...messages];
  }
  return [{ role: 'system', content: `${first.content}\n\n${instruction}` }, ...rest];
}

function chatMessage(message: ModelRequest['messages'][number], names: ToolNames): ChatCompletionMessageParam {
  switch (message.role) {
    case 'system':
    case 'user':
      return { role: message.role, content: message.content };
    case 'tool':
      return { role: 'tool', content: message.content, tool_call_id: message.toolCallId ?? '' };
    case 'assistant': {
      const calls = isJsonArray(message.toolCalls) ? message.toolCalls.filter(isJsonObject) : [];
      if (calls.length === 0) return { role: 'assistant', content: message.content };
      const tool_calls = calls.map((call) => chatToolCall(call, names));
      return { role: 'assistant', content: message.content === '' ? null : message.content, tool_calls };
    }
  }
}

function chatToolCall(call: JsonObject, names: ToolNames) {
  const given = ownValue(call, 'arguments') ?? {};
  return {
    type: 'function' as const,
    id: textAt(call, 'id'),
    function: {
      name: names.toWire(textAt(call, 'name')),
      // Arguments that were no JSON are kept as the text that the model wrote, and go back to it as such.
      arguments: typeof given === 'string' ? given : JSON.stringify(given),
    },
  };
}
