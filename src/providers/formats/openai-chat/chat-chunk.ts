import { isJsonObject, ownValue, type JsonObject, type JsonValue } from '../../../core/json/json.js';
import type { TokenUsage } from '../../../core/streams/stream-event.js';
import { readErrorDetails } from '../../failures/failed-answer.js';
import type { ToolCallPiece, AnswerPiece } from '../../wire-format.js';
import { listAt, numberAt, objectAt, textAt } from '../../../core/json/json-fields.js';
import { countAt, objectOr, readFrame, usageOf } from '../read-frame.js';

const STOPS: Readonly<Record<string, AnswerPiece['stop']>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'content_filter',
};

/** Reads only what is used and takes every field as perhaps absent: compatible servers differ in all the others. */
export function readChatChunk(data: string): AnswerPiece {
  if (data.trim() === '[DONE]') return { ended: true };
  const frame = readFrame(data);
  const error = ownValue(frame, 'error');
  if (error !== undefined && error !== null) return { error: readErrorDetails(frame) };
  const [choice] = listAt(frame, 'choices');
  const usage = readUsage(ownValue(frame, 'usage'));
  return { ...readChoice(objectOr(choice)), ...(usage === undefined ? {} : { usage }) };
}

function readChoice(choice: JsonObject): AnswerPiece {
  const delta = objectAt(choice, 'delta');
  const finishReason = textAt(choice, 'finish_reason');
  return {
    text: textAt(delta, 'content'),
    reasoning: textAt(delta, 'reasoning_content') || textAt(delta, 'reasoning'),
    refusal: textAt(delta, 'refusal'),
    toolCalls: listAt(delta, 'tool_calls').filter(isJsonObject).map(readToolCallPiece),
    ...(finishReason === '' ? {} : { stop: STOPS[finishReason] ?? 'unknown' }),
  };
}

function readToolCallPiece(piece: JsonObject): ToolCallPiece {
  const called = objectAt(piece, 'function');
  const index = numberAt(piece, 'index');
  const given = ownValue(called, 'arguments');
  return {
    ...(index === undefined ? {} : { index }),
    id: textAt(piece, 'id'),
    name: textAt(called, 'name'),
    // Some servers send the arguments as the object that they are.
    arguments: isJsonObject(given) ? JSON.stringify(given) : textAt(called, 'arguments'),
  };
}

function readUsage(value: JsonValue | undefined): TokenUsage | undefined {
  const usage = objectOr(value);
  return usageOf({
    input: countAt(usage, 'prompt_tokens'),
    output: countAt(usage, 'completion_tokens'),
    total: countAt(usage, 'total_tokens'),
    cached: countAt(objectAt(usage, 'prompt_tokens_details'), 'cached_tokens'),
    reasoning: countAt(objectAt(usage, 'completion_tokens_details'), 'reasoning_tokens'),
  });
}
