import { isJsonObject, ownValue, type JsonObject, type JsonValue } from './json.js';

/** Where a value stands in a token. `keys` is empty for the whole of `data` or `metadata`. */
export interface TokenPath {
  readonly root: 'data' | 'metadata';
  readonly keys: readonly string[];
}

/** The part of a token that rules and mappings see. */
export interface TokenFields {
  readonly data: JsonObject;
  readonly metadata: JsonObject;
}

const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Parses `data.a.b`; undefined when the text is not a path into `data` or `metadata`. */
export function parsePath(text: string): TokenPath | undefined {
  const [root, ...keys] = text.split('.');
  if (root !== 'data' && root !== 'metadata') return undefined;
  return keys.every(isPathKey) ? { root, keys } : undefined;
}

/** Parses an input mapping's path, where a trailing `?` makes the value optional. */
export function parseInputPath(text: string): { path: TokenPath; optional: boolean } | undefined {
  const optional = text.endsWith('?');
  const path = parsePath(optional ? text.slice(0, -1) : text);
  return path === undefined ? undefined : { path, optional };
}

/** The value at a path, or undefined when any step of it is absent. Digits index arrays. */
export function readPath(fields: TokenFields, path: TokenPath): JsonValue | undefined {
  return readKeys(fields[path.root], path.keys);
}

/** Follows keys into any JSON value. */
export function readKeys(value: JsonValue, keys: readonly string[]): JsonValue | undefined {
  let current: JsonValue | undefined = value;
  for (const key of keys) {
    if (current === undefined) return undefined;
    current = readKey(current, key);
  }
  return current;
}

/**
 * The fields with a value written at a path; objects on the way are made where absent.
 * Undefined when something on the way is there and is not an object.
 */
export function writePath<Fields extends TokenFields>(
  fields: Fields,
  path: TokenPath,
  value: JsonValue,
): Fields | undefined {
  const written = writeKeys(fields[path.root], path.keys, value);
  return written === undefined ? undefined : { ...fields, [path.root]: written };
}

function writeKeys(target: JsonObject, keys: readonly string[], value: JsonValue): JsonObject | undefined {
  const [key, ...rest] = keys;
  if (key === undefined) return isJsonObject(value) ? value : undefined;
  if (rest.length === 0) return { ...target, [key]: value };
  const child = ownValue(target, key) ?? {};
  const written = isJsonObject(child) ? writeKeys(child, rest, value) : undefined;
  return written === undefined ? undefined : { ...target, [key]: written };
}

function readKey(value: JsonValue, key: string): JsonValue | undefined {
  if (isJsonObject(value)) return ownValue(value, key);
  if (Array.isArray(value) && /^\d+$/.test(key)) return (value as readonly JsonValue[])[Number(key)];
  return undefined;
}

/** Whether a text may be one step of a path. */
export function isPathKey(key: string): boolean {
  return key !== '' && !FORBIDDEN_KEYS.has(key) && !key.includes('?');
}
