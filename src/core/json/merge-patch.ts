import { isJsonObject, ownValue, type JsonObject, type JsonValue } from './json.js';

/** Applies a JSON Merge Patch (RFC 7396) to an object: `null` removes, objects merge, everything else replaces. */
export function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map<string, JsonValue>(Object.entries(target));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, isJsonObject(value) ? mergePatch(asObject(ownValue(target, key)), value) : value);
  }
  // fromEntries defines own properties: a key named __proto__ stays data.
  return Object.fromEntries(merged);
}

function asObject(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
