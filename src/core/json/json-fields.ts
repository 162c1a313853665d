import { isJsonObject, ownValue, type JsonObject, type JsonValue } from './json.js';

/** Reading JSON that others wrote: a field that is absent or of another type is empty, never an error. */
export function textAt(object: JsonObject, key: string): string {
  const value = ownValue(object, key);
  return typeof value === 'string' ? value : '';
}

export function numberAt(object: JsonObject, key: string): number | undefined {
  const value = ownValue(object, key);
  return typeof value === 'number' ? value : undefined;
}

export function objectAt(object: JsonObject, key: string): JsonObject {
  const value = ownValue(object, key);
  return isJsonObject(value) ? value : {};
}

export function listAt(object: JsonObject, key: string): readonly JsonValue[] {
  const value = ownValue(object, key);
  return isJsonArray(value) ? value : [];
}

export function isJsonArray(value: unknown): value is readonly JsonValue[] {
  return Array.isArray(value);
}
