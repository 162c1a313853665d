import { isJsonObject, ownValue, type JsonObject, type JsonValue } from './json.js';

/** Applies a JSON Merge Patch (RFC 7396) to an object: `null` removes, objects merge, everything else replaces. */
export function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  // Spread, as it takes a third of the time of anything else with thousands of keys.
  const merged: Record<string, JsonValue> = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(merged, key);
    else setOwn(merged, key, isJsonObject(value) ? mergePatch(asObject(ownValue(target, key)), value) : value);
  }
  return merged;
}

/** How many keys `mergePatch` copies. */
export function keysCopied(target: JsonObject, patch: JsonObject): number {
  return Object.entries(patch).reduce((keys, [key, value]) => {
    const member = isJsonObject(value) ? ownValue(target, key) : undefined;
    return isJsonObject(value) && isJsonObject(member) ? keys + keysCopied(member, value) : keys;
  }, Object.keys(target).length);
}

/** Defined where it could not be assigned: a key named __proto__ stays data. */
function setOwn(object: Record<string, JsonValue>, key: string, value: JsonValue): void {
  if (key !== '__proto__') object[key] = value;
  else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

function asObject(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
