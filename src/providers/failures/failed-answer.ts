import { isJsonObject, ownValue, type JsonObject } from '../../core/json/json.js';
import type { ModelErrorFacts } from '../../core/executions/model-error.js';
import { listAt, textAt } from '../../core/json/json-fields.js';

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

/** Reads `{error: {…}}`, `{error: "…"}`, `{detail: "…"}` and `{message: "…"}`. */
export function readErrorDetails(body: JsonObject | undefined): ErrorDetails {
  if (body === undefined) return NOTHING;
  const error = ownValue(body, 'error');
  if (isJsonObject(error))
    return {
      code: wordAt(error, 'code'),
      type: textAt(error, 'type') || textAt(error, 'status'),
      message: textAt(error, 'message'),
    };
  if (typeof error === 'string') return { ...NOTHING, message: error };
  return {
    code: wordAt(body, 'code'),
    type: textAt(body, 'type'),
    message: textAt(body, 'detail') || textAt(body, 'message'),
  };
}

/** What belongs to an answer: with one of these a message is no error of its own. */
const ANSWER_MEMBERS = ['choices', 'candidates', 'content', 'delta', 'output', 'response', 'done', 'item', 'part'];

/** What an object within a stream says went wrong; `undefined` for a part of an answer, and for a sign of life. */
export function errorIn(object: JsonObject): ErrorDetails | undefined {
  const error = ownValue(object, 'error');
  if (error !== undefined && error !== null && error !== false && error !== '') return readErrorDetails(object);
  if (textAt(object, 'type') === 'error' || textAt(object, 'object') === 'error') return readErrorDetails(object);
  if (ANSWER_MEMBERS.some((member) => Object.hasOwn(object, member))) return undefined;
  const [first] = listAt(object, 'errors');
  if (first !== undefined) return readErrorDetails({ error: first });
  const isFailed = ['code', 'status', 'statusCode'].some((name) => /^[45]\d\d$/.test(wordAt(object, name)));
  return isFailed || ownValue(object, 'detail') !== undefined ? readErrorDetails(object) : undefined;
}

/** Codes come as texts and as numbers. */
function wordAt(object: JsonObject, name: string): string {
  const word = ownValue(object, name);
  return typeof word === 'number' ? String(word) : textAt(object, name);
}
