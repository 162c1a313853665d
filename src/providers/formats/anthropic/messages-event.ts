import { isJsonObject, type JsonObject } from '../../../core/json/json.js';
import type { TokenUsage } from '../../../core/streams/stream-event.js';
import { readErrorDetails } from '../../failures/failed-answer.js';
import type { ToolCallPiece, AnswerPiece } from '../../wire-format.js';
import { numberAt, objectAt, textAt } from '../../../core/json/json-fields.js';
import { countAt, readFrame, usageOf } from '../read-frame.js';

const STOPS: Readonly<Record<string, AnswerPiece['stop']>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
};

/** Reads the events of one Messages stream. Its counts are cumulative, and the first has what the prompt cost. */
export class MessagesReader {
  #counted: JsonObject = {};

  read(data: string): AnswerPiece {
    const event = readFrame(data);
    switch (textAt(event, 'type')) {
      case 'message_start':
        return this.#count(objectAt(objectAt(event, 'message'), 'usage'));
      case 'content_block_start':
        return readBlock(event);
      case 'content_block_delta':
        return readDelta(event);
      case 'message_delta': {
        const reason = textAt(objectAt(event, 'delta'), 'stop_reason');
        return {
          ...this.#count(objectAt(event, 'usage')),
          ...(reason === '' ? {} : { stop: STOPS[reason] ?? 'unknown' }),
        };
      }
      case 'message_stop':
        return { ended: true };
      case 'error':
        return { error: readErrorDetails(event) };
      default:
        return {};
    }
  }

  #count(usage: JsonObject): Pick<AnswerPiece, 'usage'> {
    this.#counted = { ...this.#counted, ...usage };
    const counted = readUsage(this.#counted);
    return counted === undefined ? {} : { usage: counted };
  }
}

/** `input_tokens` leaves out what was written to the cache, and read from it. */
function readUsage(usage: JsonObject): TokenUsage | undefined {
  const fresh = countAt(usage, 'input_tokens');
  const cached = countAt(usage, 'cache_read_input_tokens');
  const written = countAt(usage, 'cache_creation_input_tokens') ?? 0;
  return usageOf({
    input: fresh === undefined ? undefined : fresh + written + (cached ?? 0),
    output: countAt(usage, 'output_tokens'),
    cached,
    reasoning: countAt(objectAt(usage, 'output_tokens_details'), 'thinking_tokens'),
  });
}

function readBlock(event: JsonObject): AnswerPiece {
  const block = objectAt(event, 'content_block');
  switch (textAt(block, 'type')) {
    case 'text':
      return { text: textAt(block, 'text') };
    case 'thinking':
      return { reasoning: textAt(block, 'thinking') };
    case 'tool_use': {
      const given = objectAt(block, 'input');
      // Compatible servers may send the whole call here; Anthropic's own are empty and follow in pieces.
      const whole = isJsonObject(given) && Object.keys(given).length > 0 ? JSON.stringify(given) : '';
      return toolCall(event, { id: textAt(block, 'id'), name: textAt(block, 'name'), arguments: whole });
    }
    default:
      return {};
  }
}

function readDelta(event: JsonObject): AnswerPiece {
  const delta = objectAt(event, 'delta');
  switch (textAt(delta, 'type')) {
    case 'text_delta':
      return { text: textAt(delta, 'text') };
    case 'thinking_delta':
      return { reasoning: textAt(delta, 'thinking') };
    case 'input_json_delta':
      return toolCall(event, { arguments: textAt(delta, 'partial_json') });
    default:
      return {};
  }
}

function toolCall(event: JsonObject, fields: Partial<ToolCallPiece>): AnswerPiece {
  const index = numberAt(event, 'index');
  return { toolCalls: [{ id: '', name: '', arguments: '', ...(index === undefined ? {} : { index }), ...fields }] };
}
