import { isJsonObject, ownValue, type JsonObject } from '../core/json.js';
import type { ModelErrorFacts } from '../core/model-error.js';
import { textAt } from './json-fields.js';

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

/** What an error body says, whichever of the common shapes it has. Empty strings where it says nothing. */
export interface ErrorDetails {
  readonly code: string;
  readonly type: string;
  readonly message: string;
}

const NOTHING: ErrorDetails = { code: '', type: '', message: '' };

/** `undefined` when the text is not a JSON object. */
export function parseJsonObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Reads `{error: {…}}`, `{error: "…"}`, `{detail: "…"}` and `{message: "…"}`. */
export function readErrorDetails(body: JsonObject | undefined): ErrorDetails {
  if (body === undefined) return NOTHING;
  const error = ownValue(body, 'error');
  if (isJsonObject(error))
    return { code: codeAt(error), type: textAt(error, 'type'), message: textAt(error, 'message') };
  if (typeof error === 'string') return { ...NOTHING, message: error };
  return { code: codeAt(body), type: textAt(body, 'type'), message: textAt(body, 'detail') || textAt(body, 'message') };
}

/** Codes come as texts and as numbers. */
function codeAt(object: JsonObject): string {
  const code = ownValue(object, 'code');
  return typeof code === 'number' ? String(code) : textAt(object, 'code');
}
