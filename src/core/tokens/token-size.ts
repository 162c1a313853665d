import type { JsonObject, JsonValue } from '../json/json.js';
import { mergePatch } from '../json/merge-patch.js';
import { jsonLength } from '../json/json-length.js';
import type { TokenFields } from '../json/path.js';
import { utf8Length } from '../json/utf8-length.js';
import type { Token } from './token.js';

/** What a token may hold, data and metadata together, as JSON in UTF-8. */
export const MAX_TOKEN_BYTES = 256 * 1024;
/** What an agent may be given: a value that is mapped twice counts twice. With the rest of its start it fits a payload. */
const MAX_INPUT_BYTES = 768 * 1024;

/** By object, its size: it never changes, and each fire asks. */
const sizes = new WeakMap<JsonObject, number>();

/** What a token's fields take, as JSON in UTF-8: `[data, metadata]`. */
export function fieldsSize({ data, metadata }: TokenFields): number {
  return '[,]'.length + objectSize(data) + objectSize(metadata);
}

function objectSize(object: JsonObject): number {
  const known = sizes.get(object);
  if (known !== undefined) return known;
  const size = jsonSize(object);
  sizes.set(object, size);
  return size;
}

/** Says that the fields are too large for a token, or undefined when they fit. */
export function tokenTooLarge(fields: TokenFields): string | undefined {
  const bytes = fieldsSize(fields);
  if (bytes <= MAX_TOKEN_BYTES) return undefined;
  return `data and metadata would take ${bytes} bytes; a token holds at most ${MAX_TOKEN_BYTES}: keep large documents elsewhere and put a reference in the token`;
}

/**
 * The same of the fields with what the fire brought whose agent runs: they come together when the transition is taken, and
 * nobody could be told then.
 */
export function tokenTooLargeThen(fields: TokenFields, { pending }: Pick<Token, 'pending'>): string | undefined {
  const now = tokenTooLarge(fields);
  if (now !== undefined || pending?.patch === undefined) return now;
  const then = tokenTooLarge({ ...fields, data: mergePatch(fields.data, pending.patch) });
  return then === undefined ? undefined : `with what was given to transition ${pending.transitionId}, ${then}`;
}

/** A patch is kept beside the token while its agent runs, whatever it leaves of the data: nulls take room, too. */
export function patchTooLarge(patch: JsonObject | undefined): string | undefined {
  const bytes = patch === undefined ? 0 : jsonSize(patch);
  if (bytes <= MAX_TOKEN_BYTES) return undefined;
  return `the data of a fire would take ${bytes} bytes; it may take ${MAX_TOKEN_BYTES}`;
}

/** Says that an agent cannot be given so much, or undefined when it can. */
export function inputTooLarge(input: JsonValue): string | undefined {
  // A value that is mapped hundreds of times would be as many megabytes of text.
  const atLeast = jsonLength(input, MAX_INPUT_BYTES);
  const bytes = atLeast > MAX_INPUT_BYTES ? atLeast : jsonSize(input);
  if (bytes <= MAX_INPUT_BYTES) return undefined;
  const most = `it may take ${MAX_INPUT_BYTES}: map less of the token into it`;
  return `the agent's input would take ${atLeast > MAX_INPUT_BYTES ? 'more than ' : ''}${bytes} bytes; ${most}`;
}

/** What a value takes, as JSON in UTF-8. */
export function jsonSize(value: object | JsonValue): number {
  return utf8Length(JSON.stringify(value));
}
