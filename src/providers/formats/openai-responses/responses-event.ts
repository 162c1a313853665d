import { isJsonObject, ownValue, type JsonObject } from '../../../core/json/json.js';
import { readErrorDetails } from '../../failures/failed-answer.js';
import type { ToolCallPiece, AnswerPiece } from '../../wire-format.js';
import { numberAt, objectAt, textAt } from '../../../core/json/json-fields.js';
import { countAt, readFrame, usageOf } from '../read-frame.js';

/** One event of a Responses stream. Those that have nothing for us are many, and are signs of life. */
export function readResponsesEvent(data: string): AnswerPiece {
  if (data.trim() === '[DONE]') return {};
  const event = readFrame(data);
  switch (textAt(event, 'type')) {
    case 'response.output_text.delta':
      return { text: textAt(event, 'delta') };
    case 'response.reasoning_summary_text.delta':
    case 'response.reasoning_text.delta':
      return { reasoning: textAt(event, 'delta') };
    case 'response.refusal.delta':
      return { refusal: textAt(event, 'delta') };
    case 'response.output_item.added':
      return readItem(event);
    case 'response.function_call_arguments.delta':
      return { toolCalls: [pieceOf(event, { arguments: textAt(event, 'delta') })] };
    case 'response.completed':
      return { ...usageIn(event), stop: 'stop', ended: true };
    case 'response.incomplete':
      return { ...usageIn(event), stop: incompleteStop(event), ended: true };
    case 'response.failed':
      return { ...usageIn(event), error: readErrorDetails(objectAt(event, 'response')) };
    case 'error':
      return { error: readErrorDetails(isJsonObject(ownValue(event, 'error')) ? event : { error: event }) };
    default:
      return {};
  }
}

/** A tool call is announced here; its arguments follow in pieces. */
function readItem(event: JsonObject): AnswerPiece {
  const item = objectAt(event, 'item');
  if (textAt(item, 'type') !== 'function_call') return {};
  return { toolCalls: [pieceOf(event, { id: textAt(item, 'call_id'), name: textAt(item, 'name') })] };
}

function pieceOf(event: JsonObject, fields: Partial<ToolCallPiece>): ToolCallPiece {
  const index = numberAt(event, 'output_index');
  return { id: '', name: '', arguments: '', ...(index === undefined ? {} : { index }), ...fields };
}

function incompleteStop(event: JsonObject): 'length' | 'content_filter' | 'unknown' {
  const reason = textAt(objectAt(objectAt(event, 'response'), 'incomplete_details'), 'reason');
  if (reason === 'max_output_tokens') return 'length';
  return reason === 'content_filter' ? 'content_filter' : 'unknown';
}

function usageIn(event: JsonObject): Pick<AnswerPiece, 'usage'> {
  const counted = objectAt(objectAt(event, 'response'), 'usage');
  const usage = usageOf({
    input: countAt(counted, 'input_tokens'),
    output: countAt(counted, 'output_tokens'),
    total: countAt(counted, 'total_tokens'),
    cached: countAt(objectAt(counted, 'input_tokens_details'), 'cached_tokens'),
    reasoning: countAt(objectAt(counted, 'output_tokens_details'), 'reasoning_tokens'),
  });
  return usage === undefined ? {} : { usage };
}
