import { isJsonObject, ownValue, type JsonObject, type JsonValue } from '../core/json.js';
import { ModelError } from '../core/model-error.js';
import type { TokenUsage } from '../core/stream-event.js';
import { listAt, numberAt, objectAt, textAt } from './json-fields.js';
import { parseJsonObject, readErrorDetails, type ErrorDetails } from './failed-answer.js';

/** A piece of a tool call: the first brings id and name, all bring parts of the arguments. */
export interface ToolCallPiece {
  /** Absent: of the call that came last, unless it brings another id. */
  readonly index?: number;
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/** One event of a Chat Completions stream, in our words. */
export type ChatChunk =
  | { readonly type: 'error'; readonly details: ErrorDetails }
  | {
      readonly type: 'delta';
      readonly text: string;
      readonly reasoning: string;
      readonly refusal: string;
      readonly toolCalls: readonly ToolCallPiece[];
      readonly finishReason?: string;
      readonly usage?: TokenUsage;
    };

/**
 * Reads only what is used and takes every field as perhaps absent: compatible servers differ in all the others.
 * Throws ModelError `incomplete_stream` for what is no JSON object: the rest of such an answer cannot be trusted.
 */
export function readChatChunk(data: string): ChatChunk {
  const frame = parseJsonObject(data);
  if (frame === undefined) {
    throw new ModelError('incomplete_stream', 'The provider sent an event that is not the JSON it should be.');
  }
  const error = ownValue(frame, 'error');
  if (error !== undefined && error !== null) return { type: 'error', details: readErrorDetails(frame) };
  const [choice] = listAt(frame, 'choices');
  const usage = readUsage(ownValue(frame, 'usage'));
  return {
    type: 'delta',
    ...readChoice(isJsonObject(choice) ? choice : {}),
    ...(usage === undefined ? {} : { usage }),
  };
}

function readChoice(choice: JsonObject) {
  const delta = objectAt(choice, 'delta');
  const finishReason = textAt(choice, 'finish_reason');
  return {
    text: textAt(delta, 'content'),
    reasoning: textAt(delta, 'reasoning_content') || textAt(delta, 'reasoning'),
    refusal: textAt(delta, 'refusal'),
    toolCalls: listAt(delta, 'tool_calls').filter(isJsonObject).map(readToolCallPiece),
    ...(finishReason === '' ? {} : { finishReason }),
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

function readUsage(usage: JsonValue | undefined): TokenUsage | undefined {
  if (!isJsonObject(usage)) return undefined;
  const inputTokens = countAt(usage, 'prompt_tokens');
  const outputTokens = countAt(usage, 'completion_tokens');
  if (inputTokens === undefined && outputTokens === undefined) return undefined;
  const sum = (inputTokens ?? 0) + (outputTokens ?? 0);
  return {
    inputTokens: inputTokens ?? 0,
    outputTokens: outputTokens ?? 0,
    totalTokens: countAt(usage, 'total_tokens') ?? sum,
  };
}

function countAt(object: JsonObject, key: string): number | undefined {
  const value = numberAt(object, key);
  return value !== undefined && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
