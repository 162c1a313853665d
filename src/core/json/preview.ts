import type { JsonObject, JsonValue } from './json.js';
import { shortened } from './shortened.js';

const MAX_TEXT = 120;
const MAX_MEMBERS = 10;
const MAX_VALUES = 30;

/** As much of a value as a person needs to recognise it, however large it is. A small one comes back as it is. */
export function previewOf(value: JsonValue): JsonValue {
  let left = MAX_VALUES;
  const cut = (part: JsonValue): JsonValue => {
    left -= 1;
    if (typeof part === 'string') return shorten(part);
    if (part === null || typeof part !== 'object') return part;
    if (left <= 0) return '…';
    return Array.isArray(part) ? cutList(part as readonly JsonValue[]) : cutObject(part as JsonObject);
  };
  const cutList = (items: readonly JsonValue[]): JsonValue => {
    const kept = items.slice(0, MAX_MEMBERS).map(cut);
    return items.length > kept.length ? [...kept, `… ${items.length - kept.length} more`] : kept;
  };
  const cutObject = (object: JsonObject): JsonValue => {
    const keys = Object.keys(object);
    const kept = keys.slice(0, MAX_MEMBERS).map((key) => [shorten(key), cut(object[key] ?? null)] as const);
    const more = keys.length > kept.length ? [['…', `${keys.length - kept.length} more`] as const] : [];
    return Object.fromEntries([...kept, ...more]);
  };
  return cut(value);
}

/** A preview as text, for messages. */
export function shown(value: JsonValue): string {
  return shorten(JSON.stringify(previewOf(value)));
}

export function shorten(text: string): string {
  return shortened(text, MAX_TEXT);
}
