import { isJsonObject, ownValue, type JsonObject, type JsonValue } from '../../core/json/json.js';
import { isJsonArray, listAt, objectAt } from '../../core/json/json-fields.js';

/**
 * A schema of one value said in fewer keywords, as far as that says the same of it: a choice is `anyOf`, what only one value
 * can be is an `enum`, parts are one. Its values are not looked at.
 */
export function plainSchema(schema: JsonObject): JsonObject {
  return withoutConst(withAnyOf(merged(schema)));
}

/** Of one that is chosen only one has to fit: whether others do as well is checked in the answer. */
function withAnyOf(schema: JsonObject): JsonObject {
  const { oneOf, ...rest } = schema;
  return isJsonArray(oneOf) && ownValue(schema, 'anyOf') === undefined ? { ...rest, anyOf: oneOf } : schema;
}

function withoutConst(schema: JsonObject): JsonObject {
  const { const: only, ...rest } = schema;
  return only === undefined ? schema : { ...rest, enum: [only] };
}

/** What a merger knows how to put together. */
const MERGED = new Set(['type', 'properties', 'required', 'additionalProperties', 'title', 'description', '$ref']);

/** Parts of objects as one object, and a part that is alone in the place of the whole. Others stay parts. */
function merged(schema: JsonObject): JsonObject {
  const { allOf, ...rest } = schema;
  if (!isJsonArray(allOf) || allOf.length === 0) return schema;
  const parts = [...allOf, rest].filter(isJsonObject);
  const isKnown = parts.every((part) => Object.keys(part).every((keyword) => MERGED.has(keyword)));
  const references = parts.filter((part) => ownValue(part, '$ref') !== undefined);
  const structured = parts.filter((part) => ownValue(part, 'properties') !== undefined);
  if (parts.length <= allOf.length || !isKnown) return schema;
  if (references.length === 1 && structured.length === 0) return { ...rest, ...references[0] };
  const areObjects = structured.every((part) => typesOf(part).join() === 'object');
  if (references.length > 0 || !areObjects) return schema;
  const properties = Object.fromEntries(structured.flatMap((part) => Object.entries(objectAt(part, 'properties'))));
  const count = structured.reduce((sum, part) => sum + Object.keys(objectAt(part, 'properties')).length, 0);
  // The same property in two parts would have to fit both.
  if (count !== Object.keys(properties).length) return schema;
  const required = [...new Set(parts.flatMap((part) => listAt(part, 'required')))];
  const { additionalProperties: _, ...own } = rest;
  return { ...own, type: 'object', properties, required };
}

/** The types that a value may have: those that are named, or those that follow from what else is said. Empty: any. */
export function typesOf(schema: JsonObject): readonly string[] {
  const named = namedTypes(schema);
  return ownValue(schema, 'nullable') === true && named.length > 0 ? [...new Set([...named, 'null'])] : named;
}

function namedTypes(schema: JsonObject): readonly string[] {
  const type = ownValue(schema, 'type');
  if (typeof type === 'string') return [type];
  if (isJsonArray(type)) return type.filter((name) => typeof name === 'string');
  const chosen = listAt(schema, 'enum');
  if (chosen.length > 0) return [...new Set(chosen.map(typeOfValue))];
  if (['properties', 'required'].some((keyword) => ownValue(schema, keyword) !== undefined)) return ['object'];
  if (['items', 'prefixItems'].some((keyword) => ownValue(schema, keyword) !== undefined)) return ['array'];
  return [];
}

export function typeOfValue(value: JsonValue): string {
  if (value === null) return 'null';
  if (isJsonArray(value)) return 'array';
  return typeof value;
}
