import type { JsonObject, JsonValue } from './json.js';
import { Room } from './room.js';
import { shortened } from './shortened.js';

const MAX_TEXT = 120;
const MAX_MEMBERS = 10;
const MAX_VALUES = 30;
/** Of texts and keys in one preview, together. */
const MAX_CHARACTERS = 2000;
/** What a number, or the signs around a value, take. */
const SIGNS = 4;
const LEFT_OUT = '…';

/**
 * As much of a value as a person needs to recognise it, however large it is. A small one comes back as it is. What does not
 * find room is left out.
 */
export function previewOf(value: JsonValue, room = new Room(MAX_CHARACTERS)): JsonValue {
  return new Preview(room.part(MAX_CHARACTERS)).of(value);
}

/** A preview as text, for messages. */
export function shown(value: JsonValue, room?: Room): string {
  return shorten(JSON.stringify(previewOf(value, room)));
}

/** The beginning of a text, as long as a person needs to recognise it. */
export function shorten(text: string): string {
  return shortened(text, MAX_TEXT);
}

class Preview {
  readonly #room: Room;
  #values = MAX_VALUES;

  constructor(room: Room) {
    this.#room = room;
  }

  of(value: JsonValue): JsonValue {
    this.#values -= 1;
    if (typeof value === 'string') return this.#text(value);
    this.#room.take(SIGNS);
    if (value === null || typeof value !== 'object') return value;
    if (this.#values <= 0 || this.#room.isFull) return LEFT_OUT;
    return Array.isArray(value) ? this.#list(value as readonly JsonValue[]) : this.#object(value as JsonObject);
  }

  #text(text: string): string {
    if (this.#room.isFull) return LEFT_OUT;
    const part = shorten(text);
    this.#room.take(part.length + SIGNS);
    return part;
  }

  #list(items: readonly JsonValue[]): JsonValue {
    const kept = items.slice(0, MAX_MEMBERS).map((item) => this.of(item));
    return items.length > kept.length ? [...kept, `… ${items.length - kept.length} more`] : kept;
  }

  #object(object: JsonObject): JsonValue {
    const keys = Object.keys(object);
    this.#room.takeForKeys(keys.length);
    const kept = keys.slice(0, MAX_MEMBERS).map((key) => [this.#text(key), this.of(object[key] ?? null)] as const);
    const more = keys.length > kept.length ? [['…', `${keys.length - kept.length} more`] as const] : [];
    return Object.fromEntries([...kept, ...more]);
  }
}
