import type { JsonObject } from '../../core/json/json.js';
import { textAt } from '../../core/json/json-fields.js';

/** A paragraph for the system prompt, for servers that cannot be given the schema itself. */
export function stateSchema(schema: JsonObject): string {
  return [
    'Answer with one JSON value that fits this JSON Schema. Write nothing before or after it, and no Markdown fence.',
    JSON.stringify(schema),
  ].join('\n');
}

/** A name for the schema that every server takes, from its title. */
export function schemaName(schema: JsonObject = {}): string {
  const name = textAt(schema, 'title')
    .replaceAll(/[^A-Za-z0-9_-]+/g, '_')
    .slice(0, 64);
  return name === '' ? 'answer' : name;
}
