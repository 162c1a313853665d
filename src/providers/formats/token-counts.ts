import { isJsonObject, ownValue, type JsonObject, type JsonValue } from '../../core/json/json.js';
import type { TokenUsage } from '../../core/streams/stream-event.js';

/** A count of tokens; `undefined` for what is none. Some servers send it as a text. */
export function countAt(object: JsonObject, key: string): number | undefined {
  const value = ownValue(object, key);
  const count = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}

interface Counts {
  readonly input: number | undefined;
  readonly output: number | undefined;
  readonly total?: number | undefined;
  readonly cached?: number | undefined;
  /** To the provider's cache. */
  readonly written?: number | undefined;
  readonly reasoning?: number | undefined;
}

/** `undefined` when the provider counted nothing. */
export function usageOf({ input, output, total, cached, written, reasoning }: Counts): TokenUsage | undefined {
  if (input === undefined && output === undefined) return undefined;
  return {
    inputTokens: input ?? 0,
    outputTokens: output ?? 0,
    totalTokens: total ?? (input ?? 0) + (output ?? 0),
    ...(cached === undefined ? {} : { cachedInputTokens: cached }),
    ...(written === undefined ? {} : { cacheWriteInputTokens: written }),
    ...(reasoning === undefined ? {} : { reasoningTokens: reasoning }),
  };
}

export function objectOr(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
