import type { Steps } from '../steps.js';

/** Any value that JSON can carry. `undefined` is not one: absent keys are left out. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: JsonValue;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Told of every text that is looked through, every value that is compared and all keys that are listed: may throw to put an end to it. */
interface Spending {
  spendOnText(length: number): void;
  spendOnKeys(count: number): void;
}

/** Deep equality of JSON values: key order does not count, array order does. A value and its copy cost the same. */
export function jsonEquals(left: JsonValue, right: JsonValue, spending?: Spending): boolean {
  spending?.spendOnText(typeof left === 'string' ? left.length : 0);
  if (left === right && (spending === undefined || !isContainer(left))) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return (
      left.length === right.length &&
      left.every((item, index) => jsonEquals(item as JsonValue, right[index] as JsonValue, spending))
    );
  }
  if (!isJsonObject(left) || !isJsonObject(right)) return false;
  const keys = Object.keys(left);
  const others = Object.keys(right);
  spending?.spendOnKeys(keys.length + others.length);
  if (keys.length !== others.length) return false;
  return keys.every((key) => {
    const other = ownValue(right, key);
    return other !== undefined && jsonEquals(left[key] as JsonValue, other, spending);
  });
}

function isContainer(value: JsonValue): boolean {
  return typeof value === 'object' && value !== null;
}

/** The value under an own key. Inherited names such as `constructor` and `__proto__` are absent. */
export function ownValue<Value>(object: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** The same JSON text for equal values, whatever order their keys came in: the basis of content hashes. */
export function canonicalJson(value: JsonValue): string {
  const parts: string[] = [];
  writeCanonical(value, parts);
  return parts.join('');
}

/**
 * The same in steps: one for each member of the first few levels. A writer of its own, since a generator for each value takes
 * about twice as long: what lies deeper is left to the other one. in-turns.test holds them equal.
 */
export function* canonicalJsonSteps(value: JsonValue, levels = 4): Steps<string> {
  yield;
  if (levels === 0 || typeof value !== 'object' || value === null) return canonicalJson(value);
  const parts: string[] = [];
  if (isJsonObject(value)) {
    for (const key of Object.keys(value).sort()) {
      const member = yield* canonicalJsonSteps(value[key] as JsonValue, levels - 1);
      parts.push(`${JSON.stringify(key)}:${member}`);
    }
    return `{${parts.join(',')}}`;
  }
  for (const item of value) parts.push(yield* canonicalJsonSteps(item, levels - 1));
  return `[${parts.join(',')}]`;
}

function writeCanonical(value: JsonValue, parts: string[]): void {
  if (typeof value !== 'object' || value === null) {
    parts.push(JSON.stringify(value));
  } else if (isJsonObject(value)) {
    let before = '{';
    for (const key of Object.keys(value).sort()) {
      parts.push(before, JSON.stringify(key), ':');
      writeCanonical(value[key] as JsonValue, parts);
      before = ',';
    }
    parts.push(before === '{' ? '{}' : '}');
  } else {
    let before = '[';
    for (const item of value) {
      parts.push(before);
      writeCanonical(item, parts);
      before = ',';
    }
    parts.push(before === '[' ? '[]' : ']');
  }
}
