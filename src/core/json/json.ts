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
export function ownValue(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** The same JSON text for equal values, whatever order their keys came in: the basis of content hashes. */
export function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item as JsonValue)).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] as JsonValue)}`);
  return `{${members.join(',')}}`;
}
