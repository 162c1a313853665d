import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.js';
import { ModelError } from '../../core/executions/model-error.js';
import type { TokenUsage } from '../../core/streams/stream-event.js';
import { parseJsonObject } from '../failures/failed-answer.js';
import { numberAt } from '../../core/json/json-fields.js';

/** A frame of a stream. Throws ModelError `incomplete_stream` for what is no JSON object: what follows is no better. */
export function readFrame(frame: string): JsonObject {
  const object = parseJsonObject(frame);
  if (object !== undefined) return object;
  throw new ModelError('incomplete_stream', 'The provider sent an event that is not the JSON it should be.');
}

/** A count of tokens; `undefined` for what is none. */
export function countAt(object: JsonObject, key: string): number | undefined {
  const value = numberAt(object, key);
  return value !== undefined && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

interface Counts {
  readonly input: number | undefined;
  readonly output: number | undefined;
  readonly total?: number | undefined;
  readonly cached?: number | undefined;
  readonly reasoning?: number | undefined;
}

/** `undefined` when the provider counted nothing. */
export function usageOf({ input, output, total, cached, reasoning }: Counts): TokenUsage | undefined {
  if (input === undefined && output === undefined) return undefined;
  return {
    inputTokens: input ?? 0,
    outputTokens: output ?? 0,
    totalTokens: total ?? (input ?? 0) + (output ?? 0),
    ...(cached === undefined ? {} : { cachedInputTokens: cached }),
    ...(reasoning === undefined ? {} : { reasoningTokens: reasoning }),
  };
}

export function objectOr(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
