import { isJsonObject, type JsonValue } from './json.js';

/** Code units that no backend and no UTF-8 can carry: surrogates without their other half, and U+0000. */
const UNSTORABLE = /[\p{Surrogate}\0]/gu;
/** Without the `g` that would make `test` remember where it stopped. */
const HAS_UNSTORABLE = /[\p{Surrogate}\0]/u;
/** The same as JSON text has them, which escapes both. Also finds whole characters that somebody has escaped. */
const PERHAPS_ESCAPED = /\\u(?:0000|d[89a-f])/;
const REPLACEMENT = '\uFFFD';

/** The text with every lone surrogate and every U+0000 replaced by U+FFFD. Its length in code units stays. */
export function wellFormed(text: string): string {
  return text.replace(UNSTORABLE, REPLACEMENT);
}

/** Whether every backend carries the text as it is. */
export function isWellFormed(text: string): boolean {
  return !HAS_UNSTORABLE.test(text);
}

/** The same for every string in a JSON value, keys included. */
export function wellFormedJson(value: JsonValue): JsonValue {
  if (typeof value === 'string') return wellFormed(value);
  if (Array.isArray(value)) return value.map((item: JsonValue) => wellFormedJson(item));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [wellFormed(key), wellFormedJson(member)]));
}

/** A JSON value as text that every backend carries: `JSON.stringify`, with every string well-formed. */
export function storableJson(value: unknown): string {
  const text = JSON.stringify(value);
  return PERHAPS_ESCAPED.test(text) ? JSON.stringify(wellFormedJson(JSON.parse(text) as JsonValue)) : text;
}

/** A value as every backend gives it back; the very same where no string has to be mended. */
export function storable<Value>(value: Value): Value {
  const text = JSON.stringify(value);
  return PERHAPS_ESCAPED.test(text) ? (JSON.parse(storableJson(value)) as Value) : value;
}

/** What a delta adds to a text, and what has to wait for the next one. */
export interface TextStep {
  readonly text: string;
  /** A leading half of a surrogate pair, or empty. */
  readonly held: string;
}

/**
 * Takes the next piece of a text that arrives cut anywhere. All `text` so far, joined, is well-formed at every step;
 * when no more is to come, `wellFormed(held)` is the rest of it.
 */
export function nextWellFormed(held: string, delta: string): TextStep {
  const arrived = held + delta;
  const end = endsInLeadingSurrogate(arrived) ? arrived.length - 1 : arrived.length;
  return { text: wellFormed(arrived.slice(0, end)), held: arrived.slice(end) };
}

/** The first `size` code units of a well-formed text, one fewer where that would cut a surrogate pair; never nothing of something. */
export function leadingPart(text: string, size: number): string {
  const part = text.slice(0, Math.max(size, 1));
  if (part.length === text.length || !endsInLeadingSurrogate(part)) return part;
  return part.length > 1 ? part.slice(0, -1) : text.slice(0, 2);
}

/** The last `size` code units of a well-formed text, one fewer where that would cut a surrogate pair. */
export function trailingPart(text: string, size: number): string {
  const part = text.slice(-size);
  return part !== text && /^[\udc00-\udfff]/.test(part) ? part.slice(1) : part;
}

/** A well-formed text in pieces of at most `size` code units (at least two), cut between code points. */
export function splitText(text: string, size: number): readonly string[] {
  const pieces: string[] = [];
  for (let rest = text; rest !== '';) {
    const piece = leadingPart(rest, size);
    pieces.push(piece);
    rest = rest.slice(piece.length);
  }
  return pieces;
}

function endsInLeadingSurrogate(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff;
}
