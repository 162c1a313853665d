import { isJsonObject, type JsonObject } from '../../core/json/json.js';
import type { ModelErrorFacts } from '../../core/executions/model-error.js';

/** An HTTP answer that is not what was asked for, read as far as an error is worth reading. */
export interface FailedAnswer {
  readonly status: number;
  readonly facts: ModelErrorFacts;
  readonly contentType: string;
  readonly text: string;
  /** The Location header; empty when there is none. */
  readonly location: string;
  readonly host: string;
}

/** `undefined` when the text is not a JSON object, or a list of one: Google wraps its errors in such a list. */
export function parseJsonObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const only: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
    return isJsonObject(only) ? only : undefined;
  } catch {
    return undefined;
  }
}
