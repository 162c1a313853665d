import { isJsonObject, ownValue, type JsonObject } from '../../../core/json/json.js';
import type { TokenUsage } from '../../../core/streams/stream-event.js';
import type { ProviderState } from '../../../core/executions/provider-state.js';
import { ModelError } from '../../../core/executions/model-error.js';
import type { ToolCallPiece, AnswerPiece } from '../../wire-format.js';
import { listAt, numberAt, objectAt, textAt } from '../../../core/json/json-fields.js';
import { stopOf } from '../stop-words.js';
import { ThinkingBlocks } from './thinking-blocks.js';
import { saidIn } from '../text-parts.js';
import { countAt, usageOf } from '../token-counts.js';

/** Reads the events of one Messages stream. Its counts are cumulative, and the first has what the prompt cost. */
export class MessagesReader {
  #counted: Readonly<Record<string, number>> = {};
  #message: string | undefined;
  #hasSpoken = false;
  readonly #thoughts = new ThinkingBlocks();

  read(event: JsonObject): AnswerPiece {
    this.#thoughts.read(event);
    switch (textAt(event, 'type')) {
      case 'message_start':
        return this.#begin(objectAt(event, 'message'));
      case 'content_block_start':
        return this.#spoken(readBlock(objectAt(event, 'content_block'), numberAt(event, 'index')));
      case 'content_block_delta':
        return this.#spoken(readDelta(event));
      case 'message_delta':
        return {
          ...this.#count(objectAt(event, 'usage')),
          ...stopOf(ownValue(objectAt(event, 'delta'), 'stop_reason')),
        };
      case 'message_stop':
        return { ended: true };
      case 'message':
        return this.#readWhole(event);
      default:
        return {};
    }
  }

  /** The blocks of its thinking, with their signatures: the API takes no results of tools without them. */
  get state(): ProviderState | undefined {
    return this.#thoughts.state;
  }

  /** A gateway that fails over begins the answer anew: what it has said so far belongs to another one. */
  #begin(message: JsonObject): AnswerPiece {
    const id = textAt(message, 'id');
    if (this.#hasSpoken && this.#message !== undefined && id !== this.#message) {
      throw new ModelError('incomplete_stream', 'The provider began its answer anew in the middle of it.');
    }
    this.#message = id;
    return this.#count(objectAt(message, 'usage'));
  }

  /** The answer of a server that does not stream. */
  #readWhole(message: JsonObject): AnswerPiece {
    const pieces = listAt(message, 'content')
      .filter(isJsonObject)
      .map((block, index) => readBlock(block, index));
    return {
      text: pieces.map(({ text }) => text ?? '').join(''),
      reasoning: pieces.map(({ reasoning }) => reasoning ?? '').join(''),
      toolCalls: pieces.flatMap(({ toolCalls = [] }) => toolCalls),
      ...this.#count(objectAt(message, 'usage')),
      ...stopOf(ownValue(message, 'stop_reason')),
      ended: true,
    };
  }

  #spoken(piece: AnswerPiece): AnswerPiece {
    this.#hasSpoken = true;
    return piece;
  }

  /** Later counts say null or 0 of what they do not count. */
  #count(usage: JsonObject): Pick<AnswerPiece, 'usage'> {
    const reasoning = countAt(objectAt(usage, 'output_tokens_details'), 'thinking_tokens');
    const now = [
      ...COUNTED.map((name) => [name, countAt(usage, name)] as const),
      ['thinking_tokens', reasoning] as const,
    ];
    for (const [name, count] of now) {
      if (count !== undefined) this.#counted = { ...this.#counted, [name]: Math.max(count, this.#counted[name] ?? 0) };
    }
    const counted = readUsage(this.#counted);
    return counted === undefined ? {} : { usage: counted };
  }
}

const COUNTED = ['input_tokens', 'output_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens'] as const;

/** `input_tokens` leaves out what was written to the cache, and read from it. */
function readUsage(counted: Readonly<Record<string, number>>): TokenUsage | undefined {
  const fresh = counted['input_tokens'];
  const cached = counted['cache_read_input_tokens'];
  const written = counted['cache_creation_input_tokens'];
  return usageOf({
    input: fresh === undefined ? undefined : fresh + (written ?? 0) + (cached ?? 0),
    output: counted['output_tokens'],
    cached,
    written,
    reasoning: counted['thinking_tokens'],
  });
}

function readBlock(block: JsonObject, index: number | undefined): AnswerPiece {
  switch (textAt(block, 'type')) {
    case 'text':
      return { text: textAt(block, 'text') };
    case 'thinking':
      return { reasoning: textAt(block, 'thinking') };
    case 'tool_use': {
      const given = objectAt(block, 'input');
      // Compatible servers may send the whole call here; Anthropic's own are empty and follow in pieces.
      const whole = isJsonObject(given) && Object.keys(given).length > 0 ? JSON.stringify(given) : '';
      return toolCall(index, { id: textAt(block, 'id'), name: textAt(block, 'name'), arguments: whole });
    }
    default:
      return {};
  }
}

function readDelta(event: JsonObject): AnswerPiece {
  const delta = objectAt(event, 'delta');
  switch (textAt(delta, 'type')) {
    case 'text_delta':
      return { text: saidIn(ownValue(delta, 'text')).text };
    case 'thinking_delta':
      return { reasoning: textAt(delta, 'thinking') };
    case 'input_json_delta':
      return toolCall(numberAt(event, 'index'), { arguments: textAt(delta, 'partial_json') });
    default:
      // Compatible servers may name no type.
      return saidIn(delta);
  }
}

function toolCall(index: number | undefined, fields: Partial<ToolCallPiece>): AnswerPiece {
  return { toolCalls: [{ id: '', name: '', arguments: '', ...(index === undefined ? {} : { index }), ...fields }] };
}
