import { isJsonArray } from './json-fields.js';
import { isJsonObject, type JsonObject, type JsonValue } from './json.js';
import { utf8Length } from './utf8-length.js';
import { leadingPart } from './well-formed-text.js';

/** A value of which a part was left out. */
export interface Cut {
  /** Keys and indices from the whole to the value. */
  readonly keys: readonly string[];
  readonly kind: 'text' | 'list' | 'object';
  /** Of what there is: characters (UTF-16 code units), items, members. Of text and lists these are the first. */
  readonly shown: number;
  readonly length: number;
}

/** With less room a part says nothing: it is left out whole. */
const SMALLEST_PART_BYTES = 100;
/** More say no more than that much is missing. */
const MAX_CUTS = 20;

/**
 * As much of a value as fits into so many bytes of JSON, and where something is missing. What is small is kept whole; what is
 * large gets an equal share of the room. Of an object every member that has no part is missing.
 */
export function cutJson(value: JsonValue, bytes: number): { readonly value: JsonValue; readonly cuts: readonly Cut[] } {
  const cuts: Cut[] = [];
  const kept = cut(value, { bytes, keys: [], note: (one) => void cuts.push(one) });
  return { value: kept, cuts: cuts.slice(0, MAX_CUTS) };
}

interface Room {
  readonly bytes: number;
  readonly keys: readonly string[];
  readonly note: (cut: Cut) => void;
}

function cut(value: JsonValue, room: Room): JsonValue {
  if (typeof value === 'string') return cutText(value, room);
  if (sizeOf(value) <= room.bytes) return value;
  if (isJsonArray(value)) return cutList(value, room);
  return isJsonObject(value) ? cutObject(value, room) : value;
}

function cutText(text: string, { bytes, keys, note }: Room): JsonValue {
  let part = text;
  // Its size grows with its length, if not evenly: a few steps find a part that fits and is not much too short.
  for (let size = sizeOf(part); size > bytes && part.length > 1; size = sizeOf(part)) {
    part = leadingPart(part, Math.floor((part.length * bytes * 0.95) / size));
  }
  if (part.length < text.length) note({ keys, kind: 'text', shown: part.length, length: text.length });
  return part;
}

function cutList(items: readonly JsonValue[], { bytes, keys, note }: Room): JsonValue {
  const kept: JsonValue[] = [];
  let left = bytes - '[]'.length;
  for (const item of items) {
    left -= sizeOf(item) + ','.length;
    if (left < 0) break;
    kept.push(item);
  }
  note({ keys, kind: 'list', shown: kept.length, length: items.length });
  return kept;
}

function cutObject(members: JsonObject, { bytes, keys, note }: Room): JsonValue {
  const sized = Object.entries(members)
    .map(([key, value]) => ({ key, value, keyBytes: sizeOf(key) + ':,'.length, size: sizeOf(value) }))
    .sort((left, right) => left.size - right.size);
  const kept = new Map<string, JsonValue>();
  let left = bytes - '{}'.length;
  for (const [index, { key, value, keyBytes, size }] of sized.entries()) {
    const share = Math.floor(left / (sized.length - index)) - keyBytes;
    if (size > share && share < SMALLEST_PART_BYTES) continue;
    const part = size <= share ? value : cut(value, { bytes: share, keys: [...keys, key], note });
    kept.set(key, part);
    left -= keyBytes + sizeOf(part);
  }
  if (kept.size < sized.length) note({ keys, kind: 'object', shown: kept.size, length: sized.length });
  const inOrder = Object.keys(members).flatMap((key): [string, JsonValue][] => {
    const part = kept.get(key);
    return part === undefined ? [] : [[key, part]];
  });
  return Object.fromEntries(inOrder);
}

function sizeOf(value: JsonValue): number {
  return utf8Length(JSON.stringify(value));
}
