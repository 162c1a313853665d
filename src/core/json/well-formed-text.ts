import { isJsonObject, type JsonValue } from './json.js';

/** Code units that no backend and no UTF-8 can carry: surrogates without their other half, and U+0000. */
const UNSTORABLE = /[\p{Surrogate}\0]/gu;
const REPLACEMENT = '\uFFFD';

/** The text with every lone surrogate and every U+0000 replaced by U+FFFD. Its length in code units stays. */
export function wellFormed(text: string): string {
  return text.replace(UNSTORABLE, REPLACEMENT);
}

/** The same for every string in a JSON value, keys included. */
export function wellFormedJson(value: JsonValue): JsonValue {
  if (typeof value === 'string') return wellFormed(value);
  if (Array.isArray(value)) return value.map((item: JsonValue) => wellFormedJson(item));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [wellFormed(key), wellFormedJson(member)]));
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
