import { isJsonObject, ownValue, type JsonObject, type JsonValue } from '../../core/json/json.js';
import { listAt, objectAt, textAt } from '../../core/json/json-fields.js';

/** A paragraph for the system prompt, for servers that cannot be given the schema itself. */
export function stateSchema(schema: JsonObject): string {
  return [
    'Answer with one JSON value that fits this JSON Schema. Write nothing before or after it, and no Markdown fence.',
    JSON.stringify(schema),
  ].join('\n');
}

/** A name for the schema that every server takes, from its title. */
export function schemaName(schema: JsonObject): string {
  const name = textAt(schema, 'title')
    .replaceAll(/[^A-Za-z0-9_-]+/g, '_')
    .slice(0, 64);
  return name === '' ? 'answer' : name;
}

const STRICT_KEYWORDS = new Set([
  '$defs',
  '$ref',
  '$schema',
  'additionalProperties',
  'anyOf',
  'const',
  'definitions',
  'description',
  'enum',
  'items',
  'properties',
  'required',
  'title',
  'type',
]);

/**
 * Whether OpenAI's strict mode takes the schema: objects closed, every property required, and none of the keywords
 * that it refuses. Others are sent with `strict: false`, which asks for the same and guarantees less.
 */
export function fitsStrictMode(schema: JsonObject): boolean {
  return ownValue(schema, 'type') === 'object' && isStrict(schema);
}

function isStrict(schema: JsonValue | undefined): boolean {
  if (!isJsonObject(schema)) return false;
  if (Object.keys(schema).length === 0 || !Object.keys(schema).every((keyword) => STRICT_KEYWORDS.has(keyword)))
    return false;
  const nested = [
    ...Object.values(objectAt(schema, '$defs')),
    ...Object.values(objectAt(schema, 'definitions')),
    ...Object.values(objectAt(schema, 'properties')),
    ...listAt(schema, 'anyOf'),
  ];
  const items = ownValue(schema, 'items');
  if (items !== undefined) nested.push(items);
  if (ownValue(schema, 'type') === 'array' && items === undefined) return false;
  if (!isClosed(schema)) return false;
  return nested.every(isStrict);
}

function isClosed(schema: JsonObject): boolean {
  if (ownValue(schema, 'type') !== 'object' && ownValue(schema, 'properties') === undefined) return true;
  const properties = ownValue(schema, 'properties');
  const required = listAt(schema, 'required');
  return (
    ownValue(schema, 'additionalProperties') === false &&
    isJsonObject(properties) &&
    Object.keys(properties).every((name) => required.includes(name))
  );
}
