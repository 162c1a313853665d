import { isJsonObject, ownValue, type JsonObject, type JsonValue } from '../../core/json/json.js';
import { pointerSteps } from '../../core/json/json-pointer.js';
import { leadingPart } from '../../core/json/well-formed-text.js';
import { isJsonArray, listAt, numberAt, objectAt } from '../../core/json/json-fields.js';

/** Deeper than any real schema; a schema that refers to itself ends here. */
const DEEPEST = 12;

/** What is looked at, and where its `$ref`s lead. */
interface Site {
  readonly root: JsonObject;
  readonly depth: number;
  /** The property it is the value of; says in texts what they stand for. */
  readonly name: string;
  /** Of letters and steps, shared by the whole search: references can multiply at every level. */
  readonly budget: { left: number };
}

const BUDGET = 500_000;
const STEP = 20;

/**
 * A value that most likely fits a JSON Schema, the same for the same schema: first of an enumeration, middle of a range,
 * texts that say that they are the mock's. `undefined` for a schema that branches without end.
 */
export function exampleOf(schema: JsonObject): JsonValue | undefined {
  const budget = { left: BUDGET };
  const example = build(schema, { root: schema, depth: 0, name: 'answer', budget });
  return budget.left > 0 ? example : undefined;
}

function build(schema: JsonValue | undefined, site: Site): JsonValue {
  site.budget.left -= STEP * (1 + (isJsonObject(schema) ? Object.keys(schema).length : 0));
  if (!isJsonObject(schema) || site.depth > DEEPEST || site.budget.left < 0) return mockText(site, {});
  const deeper = { ...site, depth: site.depth + 1 };
  const fixed = firstFixed(schema);
  if (fixed !== undefined) {
    site.budget.left -= JSON.stringify(fixed).length;
    return fixed;
  }
  const target = ownValue(schema, '$ref');
  if (typeof target === 'string') return build(resolve(site.root, target), deeper);
  const parts = listAt(schema, 'allOf');
  if (parts.length > 0) return build(mergeParts(schema, parts, site.root), deeper);
  const choices = [...listAt(schema, 'anyOf'), ...listAt(schema, 'oneOf')];
  if (choices.length > 0) return build({ ...without(schema, ['anyOf', 'oneOf']), ...asObject(choices[0]) }, deeper);
  return buildType(schema, typeOf(schema), deeper);
}

function buildType(schema: JsonObject, type: string, site: Site): JsonValue {
  switch (type) {
    case 'object':
      return buildObject(schema, site);
    case 'array':
      return buildArray(schema, site);
    case 'integer':
    case 'number':
      return buildNumber(schema, type === 'integer');
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return mockText(site, schema);
  }
}

function buildObject(schema: JsonObject, site: Site): JsonObject {
  const properties = objectAt(schema, 'properties');
  const required = listAt(schema, 'required').filter((name) => typeof name === 'string');
  // A schema that refers to itself is followed for a while and then by its required properties alone.
  const optional = site.depth > DEEPEST / 3 ? [] : Object.keys(properties);
  const names = [...new Set([...optional, ...required])];
  return Object.fromEntries(names.map((name) => [name, build(ownValue(properties, name), { ...site, name })]));
}

function buildArray(schema: JsonObject, site: Site): JsonValue {
  const fewest = numberAt(schema, 'minItems') ?? (site.depth > DEEPEST / 3 ? 0 : 1);
  const count = Math.min(fewest, numberAt(schema, 'maxItems') ?? fewest, 100);
  const distinct = ownValue(schema, 'uniqueItems') === true;
  return Array.from({ length: count }, (_, index) =>
    build(ownValue(schema, 'items'), distinct ? { ...site, name: `${site.name} ${index + 1}` } : site),
  );
}

function buildNumber(schema: JsonObject, whole: boolean): number {
  const above = numberAt(schema, 'exclusiveMinimum');
  const below = numberAt(schema, 'exclusiveMaximum');
  const least = numberAt(schema, 'minimum') ?? (above === undefined ? undefined : above + (whole ? 1 : 0));
  const most = numberAt(schema, 'maximum') ?? (below === undefined ? undefined : below - (whole ? 1 : 0));
  const step = numberAt(schema, 'multipleOf') ?? (whole ? 1 : 0);
  const middle = least !== undefined && most !== undefined ? (least + most) / 2 : undefined;
  const wanted = middle ?? (least !== undefined ? least + 1 : most !== undefined ? most - 1 : 1);
  if (step <= 0) return wanted;
  return Math.max(Math.floor(wanted / step), Math.ceil((least ?? wanted) / step)) * step;
}

const FORMATS: Readonly<Record<string, string>> = {
  'date-time': '2026-01-01T00:00:00Z',
  date: '2026-01-01',
  time: '00:00:00Z',
  email: 'mock@example.com',
  uri: 'https://example.com/mock',
  uuid: '00000000-0000-4000-8000-000000000000',
};

function mockText(site: Site, schema: JsonObject): string {
  const format = ownValue(schema, 'format');
  const known = typeof format === 'string' ? ownValue(FORMATS, format) : undefined;
  const text = known ?? `mock ${site.name}`;
  const shortest = numberAt(schema, 'minLength') ?? 0;
  const longest = numberAt(schema, 'maxLength') ?? 10_000;
  const fitting = longest < 1 ? '' : leadingPart(text.padEnd(Math.min(shortest, 10_000), '.'), longest);
  site.budget.left -= fitting.length;
  return fitting;
}

/** `const`, the first of `enum`, `default`, the first of `examples`. */
function firstFixed(schema: JsonObject): JsonValue | undefined {
  const [chosen] = listAt(schema, 'enum');
  const [shown] = listAt(schema, 'examples');
  return [ownValue(schema, 'const'), chosen, ownValue(schema, 'default'), shown].find((value) => value !== undefined);
}

function typeOf(schema: JsonObject): string {
  const type = ownValue(schema, 'type');
  const named = isJsonArray(type) ? type[0] : type;
  if (typeof named === 'string') return named;
  if (ownValue(schema, 'properties') !== undefined || ownValue(schema, 'required') !== undefined) return 'object';
  return ownValue(schema, 'items') === undefined ? 'string' : 'array';
}

function mergeParts(schema: JsonObject, parts: readonly JsonValue[], root: JsonObject): JsonObject {
  const all = [without(schema, ['allOf']), ...parts.map((part) => dereference(part, root))];
  const merged = all.flatMap((part) => Object.entries(part));
  const properties = all.flatMap((part) => Object.entries(objectAt(part, 'properties')));
  const required = all.flatMap((part) => listAt(part, 'required'));
  return { ...Object.fromEntries(merged), properties: Object.fromEntries(properties), required };
}

function dereference(part: JsonValue, root: JsonObject): JsonObject {
  const schema = asObject(part);
  const target = ownValue(schema, '$ref');
  return typeof target === 'string' ? asObject(resolve(root, target)) : schema;
}

/** A reference within the schema: `#`, or `#/…` as a JSON pointer. */
function resolve(root: JsonObject, reference: string): JsonValue | undefined {
  if (!reference.startsWith('#')) return undefined;
  let value: JsonValue | undefined = root;
  for (const step of pointerSteps(reference.slice(1))) value = ownValue(asObject(value), step);
  return value;
}

function without(schema: JsonObject, keywords: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => !keywords.includes(keyword)));
}

function asObject(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
