import { MAX_DEPTH } from './check-json.js';
import { utf8Length } from './utf8-length.js';

/** What a number, a name like `true`, or the signs around a value take at least. */
const SIGNS = 1;

/**
 * How many bytes a value takes as JSON, at least; more than `most` as soon as that is clear. Nothing is made, nothing beyond
 * `most` is looked at, and nothing recurses: for what somebody sent, before anything else is done with it. One object may
 * stand in many places: GraphQL puts a variable wherever it is named.
 */
export function jsonBytes(value: unknown, most: number): number {
  const waiting: { readonly value: object; readonly depth: number }[] = [];
  let bytes = 0;
  const count = (member: unknown, depth: number) => {
    bytes += SIGNS;
    if (typeof member === 'string') bytes += textBytes(member, most);
    else if (typeof member === 'object' && member !== null && depth <= MAX_DEPTH)
      waiting.push({ value: member, depth });
  };
  count(value, 0);
  for (let next = waiting.pop(); next !== undefined && bytes <= most; next = waiting.pop()) {
    const depth = next.depth + 1;
    if (Array.isArray(next.value)) for (const item of next.value) count(item, depth);
    else {
      for (const [key, member] of Object.entries(next.value)) {
        bytes += textBytes(key, most);
        count(member, depth);
      }
    }
  }
  return bytes;
}

function textBytes(text: string, most: number): number {
  return SIGNS + (text.length > most ? text.length : utf8Length(text));
}
