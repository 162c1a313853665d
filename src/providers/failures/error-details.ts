import { containsText } from '../../core/json/contains-text.js';
import { isJsonObject, ownValue, type JsonObject, type JsonValue } from '../../core/json/json.js';
import { isJsonArray, listAt, objectAt, textAt } from '../../core/json/json-fields.js';
import { parseJsonObject } from './failed-answer.js';

/** What an error says, whichever of the common shapes it has. Empty where it says nothing. */
export interface ErrorDetails {
  /** All codes that it has, from the outside in: gateways put the error that they got within their own. */
  readonly code: string;
  readonly type: string;
  readonly message: string;
}

const NOTHING: ErrorDetails = { code: '', type: '', message: '' };
const DEEPEST = 5;
/** Of a list of faults. */
const MOST_TOLD = 3;
const MESSAGES = ['message', 'detail', 'msg', 'error_description', 'errorMessage', 'title', 'Message', 'faultstring'];

/**
 * Reads an error body: `{error: {…}}`, `{error: "…"}`, `{detail: …}` of FastAPI with its lists of faults, `{message: …}`, lists
 * of such, and what gateways have within: OpenRouter's `metadata.raw`, JSON as a message, an inner error.
 */
export function readErrorDetails(body: JsonObject | undefined): ErrorDetails {
  return body === undefined ? NOTHING : detailsOf(body, 0);
}

/** What belongs to an answer: with one of these a message is no error of its own. */
const ANSWER_MEMBERS = ['choices', 'candidates', 'content', 'delta', 'output', 'response', 'done', 'item', 'part'];

/** What an object within a stream says went wrong; `undefined` for a part of an answer, and for a sign of life. */
export function errorIn(object: JsonObject): ErrorDetails | undefined {
  const error = ownValue(object, 'error');
  if (error !== undefined && error !== null && error !== false && error !== '') return readErrorDetails(object);
  if (textAt(object, 'type') === 'error' || textAt(object, 'object') === 'error') return readErrorDetails(object);
  // MiniMax says how a call went beside choices, of which there are none then.
  const outcome = objectAt(object, 'base_resp');
  if (!isGoodCode(wordAt(outcome, 'status_code'))) {
    return readErrorDetails({ code: wordAt(outcome, 'status_code'), message: textAt(outcome, 'status_msg') });
  }
  if (ANSWER_MEMBERS.some((member) => Object.hasOwn(object, member))) return undefined;
  const [first] = listAt(object, 'errors');
  if (first !== undefined) return readErrorDetails({ error: first });
  return saysFailure(object) || ownValue(object, 'detail') !== undefined ? readErrorDetails(object) : undefined;
}

const CODES = ['code', 'error_code', 'errorCode', 'err_code', '__type'];
const FLAGS = ['success', 'ok'];

/** By a status, a flag, or a code of its own beside words: a code without words may be anything. */
function saysFailure(object: JsonObject): boolean {
  return (
    ['code', 'status', 'statusCode'].some((name) => /^[45]\d\d$/.test(wordAt(object, name))) ||
    ['status', 'state', 'event'].some((name) => /^(?:error|fail(?:ed|ure)?)$/i.test(textAt(object, name))) ||
    FLAGS.some((name) => ownValue(object, name) === false) ||
    (messageOf(object) !== '' && CODES.some((name) => !isGoodCode(wordAt(object, name))))
  );
}

function isGoodCode(word: string): boolean {
  return /^(?:0*|200|ok|success(?:ful)?)$/i.test(word);
}

function detailsOf(value: JsonValue | undefined, depth: number): ErrorDetails {
  if (depth > DEEPEST) return NOTHING;
  if (typeof value === 'string') {
    const inner = /^\s*[{[]/.test(value) ? parseJsonObject(value) : undefined;
    return inner === undefined ? { ...NOTHING, message: value } : detailsOf(inner, depth + 1);
  }
  if (isJsonArray(value)) {
    const told = value.slice(0, MOST_TOLD).map((item) => detailsOf(item, depth + 1));
    return told.reduce((all, next) => together(all, next, '; '), NOTHING);
  }
  if (!isJsonObject(value)) return NOTHING;
  const own = {
    code: wordAt(value, 'code'),
    type: textAt(value, 'type') || textAt(value, 'status'),
    message: messageOf(value),
  };
  return innerOf(value)
    .map((inner) => detailsOf(inner, depth + 1))
    .reduce((all, inner) => together(all, inner, ': '), own);
}

/** What an error has within it; what is a text already is its own message. */
function innerOf(error: JsonObject): readonly (JsonValue | undefined)[] {
  const own = messageOf(error);
  const within = ['error', 'message', 'detail', 'errors', 'innererror', 'inner_error', 'fault'].map((name) =>
    ownValue(error, name),
  );
  const raw = ownValue(objectAt(error, 'metadata'), 'raw');
  return [...within.filter((inner) => inner !== own && (typeof inner === 'string' || typeof inner === 'object')), raw];
}

/** The first message that is words and not JSON. A fault in a list names its place. */
function messageOf(error: JsonObject): string {
  const words = MESSAGES.map((name) => textAt(error, name)).find((text) => text !== '' && !/^\s*[{[]/.test(text)) ?? '';
  const place = listAt(error, 'loc').filter((part) => typeof part === 'string' || typeof part === 'number');
  return place.length === 0 ? words : `${place.join('.')}: ${words}`;
}

function together(outer: ErrorDetails, inner: ErrorDetails, between: string): ErrorDetails {
  return {
    code: joined(outer.code, inner.code, ' '),
    type: joined(outer.type, inner.type, ' '),
    message: joined(outer.message, inner.message, between),
  };
}

function joined(left: string, right: string, between: string): string {
  if (containsText(left, right)) return left;
  return left === '' || containsText(right, left) ? right : left + between + right;
}

/** Codes come as texts and as numbers. */
function wordAt(object: JsonObject, name: string): string {
  const word = ownValue(object, name);
  return typeof word === 'number' ? String(word) : textAt(object, name);
}
