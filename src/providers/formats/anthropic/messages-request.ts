import type {
  Base64ImageSource,
  ContentBlockParam,
  ImageBlockParam,
  MessageCreateParamsStreaming,
  MessageParam,
  Tool,
} from '@anthropic-ai/sdk/resources/messages';
import { isJsonObject } from '../../../core/json/json.js';
import type { ModelRequest } from '../../../core/executions/turn.js';
import { planCall, type PlannedCall, type RequestParts } from '../../request/planned-call.js';
import type { PromptParts } from '../../request/prompt-parts.js';
import { extraBody } from '../../request/request-options.js';
import type { ToolNames } from '../../request/tool-names.js';
import { partsOfTurn, type TurnPart } from '../turn-parts.js';
import { THINKING_FORMAT, thinkingIn } from './thinking-blocks.js';

/** Throws ModelError `invalid_request` when `strictParameters` forbids what would have to be left out. */
export function planMessagesCall(request: ModelRequest): PlannedCall<MessageCreateParamsStreaming> {
  return planCall(request, (parts) => bodyOf(request, parts));
}

function bodyOf(request: ModelRequest, parts: RequestParts): MessageCreateParamsStreaming {
  const { prompt, toolNames } = parts;
  return {
    model: request.provider.model,
    max_tokens: parts.config.maxTokens ?? 0,
    messages: joined(prompt.messages.map((message) => messageParam(message, toolNames))),
    stream: true,
    ...(prompt.system === '' ? {} : { system: prompt.system }),
    ...(parts.stop.length === 0 ? {} : { stop_sequences: [...parts.stop] }),
    ...toolFields(request, toolNames),
    ...outputFormat(parts),
    ...extraBody(request),
  };
}

type Fields = Partial<MessageCreateParamsStreaming>;

interface BlockMessage {
  readonly role: 'user' | 'assistant';
  readonly content: ContentBlockParam[];
}

function toolFields(request: ModelRequest, names: ToolNames): Fields {
  if (request.tools.length === 0) return {};
  const tools = request.tools.map((tool): Tool => ({
    name: names.toWire(tool.name),
    description: tool.description,
    input_schema: { ...tool.parameters, type: 'object' },
  }));
  return { tools };
}

function outputFormat({ format }: RequestParts): Fields {
  if (format.type !== 'json_schema') return {};
  return { output_config: { format: { type: 'json_schema', schema: { ...format.schema } } } };
}

function messageParam(message: PromptParts['messages'][number], names: ToolNames): BlockMessage {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: [...imagesOf(message), { type: 'text', text: message.content }] };
    case 'tool':
      return {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: message.toolCallId ?? '', content: message.content }],
      };
    case 'assistant':
      return {
        role: 'assistant',
        content: partsOfTurn(message, THINKING_FORMAT).flatMap((part) => blocksOf(part, names)),
      };
  }
}

/** In front of the question: so the API advises. */
function imagesOf({ pictures = [] }: PromptParts['messages'][number]): ImageBlockParam[] {
  return pictures.map((picture) => ({
    type: 'image',
    source:
      picture.type === 'linked'
        ? { type: 'url', url: picture.url }
        : { type: 'base64', media_type: mediaTypeOf(picture.mediaType), data: picture.data },
  }));
}

/** What else there is was refused before. */
function mediaTypeOf(type: string): Base64ImageSource['media_type'] {
  return (['image/png', 'image/webp', 'image/gif'] as const).find((known) => known === type) ?? 'image/jpeg';
}

function blocksOf(part: TurnPart, names: ToolNames): ContentBlockParam[] {
  switch (part.type) {
    case 'kept':
      return thinkingIn(part.block);
    case 'text':
      // Of blanks alone the API takes no block.
      return part.text.trim() === '' ? [] : [{ type: 'text', text: part.text }];
    case 'call': {
      const { id, name, arguments: given } = part.call;
      return [{ type: 'tool_use', id, name: names.toWire(name), input: isJsonObject(given) ? given : {} }];
    }
  }
}

/** The API wants all results of one turn's tools in one message. */
function joined(messages: readonly BlockMessage[]): MessageParam[] {
  const result: BlockMessage[] = [];
  for (const message of messages) {
    const last = result.at(-1);
    if (last?.role !== message.role) result.push(message);
    else result[result.length - 1] = { role: last.role, content: [...last.content, ...message.content] };
  }
  return result;
}
