import type { ChatRequest, Message, Options } from 'ollama';
import { isJsonObject } from '../../../core/json/json.js';
import type { ModelRequest } from '../../../core/executions/turn.js';
import { numberAt } from '../../../core/json/json-fields.js';
import type { ParameterPlan } from '../../request/parameter-plan.js';
import { planCall, type PlannedCall, type RequestParts } from '../../request/planned-call.js';
import { stateOf, toolCallsOf, toolNameOf, type PromptParts } from '../../request/prompt-parts.js';
import { extraBody } from '../../request/request-options.js';
import type { ToolNames } from '../../request/tool-names.js';
import { THINKING_FORMAT } from './ollama-chunk.js';

/** `truncate`: the server says so when a prompt is longer than its context; else it cuts it without a word. */
type Body = ChatRequest & { readonly stream: true; readonly truncate: false };

/** Throws ModelError `invalid_request` when `strictParameters` forbids what would have to be left out. */
export function planOllamaCall(request: ModelRequest): PlannedCall<Body> {
  return planCall(request, (parts) => bodyOf(request, parts));
}

function bodyOf(request: ModelRequest, parts: RequestParts): Body {
  return {
    model: request.provider.model,
    messages: messagesOf(parts.prompt, parts.toolNames),
    stream: true,
    truncate: false,
    options: optionsOf(parts, request),
    ...toolFields(request, parts.toolNames),
    ...formatField(parts),
    ...extraBody(request),
  };
}

/** The server's own context is small, so what the agent says is sent. */
function optionsOf({ config, stop }: ParameterPlan, { provider }: ModelRequest): Partial<Options> {
  const contextTokens = numberAt(provider.options, 'contextTokens');
  return {
    ...(config.temperature === undefined ? {} : { temperature: config.temperature }),
    ...(config.topP === undefined ? {} : { top_p: config.topP }),
    ...(config.frequencyPenalty === undefined ? {} : { frequency_penalty: config.frequencyPenalty }),
    ...(config.presencePenalty === undefined ? {} : { presence_penalty: config.presencePenalty }),
    ...(config.maxTokens === undefined ? {} : { num_predict: config.maxTokens }),
    ...(stop.length === 0 ? {} : { stop: [...stop] }),
    ...(contextTokens === undefined ? {} : { num_ctx: contextTokens }),
  };
}

function toolFields(request: ModelRequest, names: ToolNames): Pick<ChatRequest, 'tools'> {
  if (request.tools.length === 0) return {};
  const tools = request.tools.map((tool) => ({
    type: 'function',
    function: { name: names.toWire(tool.name), description: tool.description, parameters: { ...tool.parameters } },
  }));
  return { tools };
}

function formatField({ format }: RequestParts): Pick<ChatRequest, 'format'> {
  switch (format.type) {
    case 'text':
    case 'prompt':
      return {};
    case 'json_object':
      return { format: 'json' };
    case 'json_schema':
      return { format: { ...format.schema } };
  }
}

function messagesOf(parts: PromptParts, names: ToolNames): Message[] {
  const spoken = parts.messages.map((message): Message => {
    switch (message.role) {
      case 'user':
        return { role: 'user', content: message.content, ...imagesOf(message) };
      case 'tool': {
        const name = names.toWire(toolNameOf(parts.messages, message.toolCallId));
        return { role: 'tool', content: message.content, tool_name: name };
      }
      case 'assistant': {
        const tool_calls = toolCallsOf(message).map((call) => ({
          function: {
            name: names.toWire(call.name),
            arguments: isJsonObject(call.arguments) ? { ...call.arguments } : {},
          },
        }));
        const said = { role: 'assistant', content: message.content };
        return tool_calls.length === 0 ? said : { ...said, ...thinkingIn(message), tool_calls };
      }
    }
  });
  return parts.system === '' ? spoken : [{ role: 'system', content: parts.system }, ...spoken];
}

/** What is at an address has been fetched. */
function imagesOf({ pictures = [] }: PromptParts['messages'][number]): Pick<Message, 'images'> {
  const images = pictures.flatMap((picture) => (picture.type === 'linked' ? [] : [picture.data]));
  return images.length === 0 ? {} : { images };
}

function thinkingIn(message: PromptParts['messages'][number]): Pick<Message, 'thinking'> {
  const thinking = stateOf(message, THINKING_FORMAT);
  return typeof thinking === 'string' ? { thinking } : {};
}
