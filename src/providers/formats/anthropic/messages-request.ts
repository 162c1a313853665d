import type {
  Base64ImageSource,
  ContentBlockParam,
  ImageBlockParam,
  MessageCreateParamsStreaming,
  TextBlockParam,
  Tool,
} from '@anthropic-ai/sdk/resources/messages';
import { isJsonObject, ownValue } from '../../../core/json/json.js';
import type { ModelRequest } from '../../../core/executions/turn.js';
import { planCall, type PlannedCall, type RequestParts } from '../../request/planned-call.js';
import type { PromptParts } from '../../request/prompt-parts.js';
import { keptBeginnings, NOTHING_KEPT, type KeptBeginnings } from '../../request/prompt-caching.js';
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
  const kept = saysWhatIsKept(request) ? NOTHING_KEPT : keptBeginnings(request, parts);
  const messages = joined(prompt.messages.map((message) => messageParam(message, toolNames)));
  return {
    model: request.provider.model,
    max_tokens: parts.config.maxTokens ?? 0,
    messages: kept.conversation ? keptToTheEnd(messages) : messages,
    stream: true,
    ...(prompt.system === '' ? {} : { system: systemOf(prompt, kept) }),
    ...(parts.stop.length === 0 ? {} : { stop_sequences: [...parts.stop] }),
    ...toolFields(request, toolNames, kept),
    ...outputFormat(parts),
    ...extraBody(request),
  };
}

type Fields = Partial<MessageCreateParamsStreaming>;

interface BlockMessage {
  readonly role: 'user' | 'assistant';
  readonly content: ContentBlockParam[];
}

/** An agent that marks its prompt itself needs no marks of ours: the API takes four, in an order of its own. */
function saysWhatIsKept(request: ModelRequest): boolean {
  const extra = extraBody(request);
  return ['cache_control', 'system'].some((name) => ownValue(extra, name) !== undefined);
}

/** From the beginning of the prompt to what has it: tools, system, messages. It is kept for five minutes since the last call with it. */
const KEPT = { cache_control: { type: 'ephemeral' } } as const;

function systemOf({ system }: PromptParts, kept: KeptBeginnings): string | TextBlockParam[] {
  return kept.system ? [{ type: 'text', text: system, ...KEPT }] : system;
}

function toolFields(request: ModelRequest, names: ToolNames, kept: KeptBeginnings): Fields {
  if (request.tools.length === 0) return {};
  const tools = request.tools.map((tool): Tool => ({
    name: names.toWire(tool.name),
    description: tool.description,
    input_schema: { ...tool.parameters, type: 'object' },
    ...(kept.tools && tool === request.tools.at(-1) ? KEPT : {}),
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
function joined(messages: readonly BlockMessage[]): BlockMessage[] {
  const result: BlockMessage[] = [];
  for (const message of messages) {
    const last = result.at(-1);
    if (last?.role !== message.role) result.push(message);
    else result[result.length - 1] = { role: last.role, content: [...last.content, ...message.content] };
  }
  return result;
}

/**
 * Marks where this call's prompt ends, for the next turn, and where that of the turn before ended: the API looks for what it keeps
 * no further than twenty blocks in front of a mark, and a turn with many tools has more.
 */
function keptToTheEnd(messages: readonly BlockMessage[]): BlockMessage[] {
  const ends = messages.filter(({ role }) => role === 'user').slice(-2);
  return messages.map((message) => (ends.includes(message) ? marked(message) : message));
}

function marked({ role, content }: BlockMessage): BlockMessage {
  const last = content.at(-1);
  return last === undefined ? { role, content } : { role, content: [...content.slice(0, -1), markedBlock(last)] };
}

/** A text of blanks takes no mark. */
function markedBlock(block: ContentBlockParam): ContentBlockParam {
  if (block.type === 'text') return block.text.trim() === '' ? block : { ...block, ...KEPT };
  return block.type === 'tool_result' || block.type === 'image' ? { ...block, ...KEPT } : block;
}
