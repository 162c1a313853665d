import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json/json.js';
import { listAt, objectAt, textAt } from '../../src/core/json/json-fields.js';

/** What a provider answers, in its own words, to a schema that its structured mode does not take; `undefined` if it does. */
export type SchemaRule = (schema: JsonObject, strict: boolean) => string | undefined;

interface Walk {
  readonly root: JsonObject;
  readonly path: readonly string[];
  readonly open: readonly string[];
}

type NodeRule = (schema: JsonObject, walk: Walk) => string | undefined;

/** The first complaint about a schema or one within it. References are followed; a circle is told to the rule. */
function walked(schema: JsonValue | undefined, walk: Walk, rule: NodeRule): string | undefined {
  if (!isJsonObject(schema)) return `${walk.path.join('.')}: not a schema`;
  const complaint = rule(schema, walk);
  if (complaint !== undefined) return complaint;
  const reference = textAt(schema, '$ref');
  if (reference.startsWith('#/')) {
    const steps = reference.slice(2).split('/');
    const target = steps.reduce<JsonValue | undefined>(
      (at, step) => (isJsonObject(at) ? at[step] : undefined),
      walk.root,
    );
    if (walk.open.includes(reference)) return undefined;
    return walked(target, { ...walk, open: [...walk.open, reference] }, rule);
  }
  const inner = [
    ...Object.entries(objectAt(schema, 'properties')).map(([name, value]) => [`properties.${name}`, value] as const),
    ...listAt(schema, 'anyOf').map((value, index) => [`anyOf.${index}`, value] as const),
    ...('items' in schema ? [['items', schema['items']] as const] : []),
  ];
  for (const [step, value] of inner) {
    const found = walked(value, { ...walk, path: [...walk.path, step] }, rule);
    if (found !== undefined) return found;
  }
  return undefined;
}

const judge =
  (rule: NodeRule): SchemaRule =>
  (schema) =>
    walked(schema, { root: schema, path: [], open: [] }, rule);

const types = ({ type }: JsonObject): readonly JsonValue[] => (type === undefined ? [] : [type].flat());
const others = (schema: JsonObject, known: string): readonly string[] =>
  Object.keys(schema).filter((keyword) => !known.split(' ').includes(keyword));
const STRUCTURE = '$ref $defs type title description enum properties required additionalProperties items anyOf';

export const anthropicRule: SchemaRule = judge((schema, { open }) => {
  const reference = textAt(schema, '$ref');
  if (reference !== '') {
    if (!reference.startsWith('#/$defs/')) return `External $ref ${reference} is not supported`;
    return open.includes(reference) ? 'Circular reference detected in schema definitions' : undefined;
  }
  if (types(schema).length === 0 && !('anyOf' in schema || 'enum' in schema || 'const' in schema))
    return "Schema must have a 'type', 'enum', 'const', 'anyOf', 'allOf' or '$ref' field";
  if (types(schema).includes('object') && schema['additionalProperties'] !== false)
    return "For 'object' type, 'additionalProperties' must be explicitly set to false";
  const unknown = others(schema, `${STRUCTURE} const format minItems`);
  if (unknown.length > 0) return `For '${textAt(schema, 'type')}' type, properties ${unknown.join()} are not supported`;
  return ![undefined, 0, 1].includes(schema['minItems'] as number) ? "'minItems' values other than 0 or 1" : undefined;
});

const openAiStrict: SchemaRule = judge((schema, { path }) => {
  const context = `In context=(${path.join()}),`;
  if (path.length === 0 && schema['type'] !== 'object') return `schema must be a JSON Schema of 'type: "object"'`;
  if ('$ref' in schema) return undefined;
  if (types(schema).length === 0 && !('anyOf' in schema)) return `${context} schema must have a 'type' key.`;
  const [unknown] = others(schema, `${STRUCTURE} const`);
  if (unknown !== undefined) return `${context} '${unknown}' is not permitted.`;
  if (types(schema).includes('array') && !('items' in schema)) return `${context} array schema missing items.`;
  if (!types(schema).includes('object')) return undefined;
  if (schema['additionalProperties'] !== false) return `${context} 'additionalProperties' is required to be false.`;
  const missing = Object.keys(objectAt(schema, 'properties')).find(
    (name) => !listAt(schema, 'required').includes(name),
  );
  return missing === undefined ? undefined : `${context} 'required' has to include every key. Missing '${missing}'.`;
});

export const openAiRule: SchemaRule = (schema, strict) => {
  const fault = strict
    ? openAiStrict(schema, strict)
    : schema['type'] === 'object'
      ? undefined
      : `schema must be a JSON Schema of 'type: "object"'`;
  return fault === undefined ? undefined : `Invalid schema for response_format 'answer': ${fault}`;
};

export const geminiRule: SchemaRule = judge((schema, { open }) => {
  const reference = textAt(schema, '$ref');
  if (reference !== '') return open.includes(reference) ? 'Cyclic reference in a required property' : undefined;
  if (types(schema).length === 0 && !('anyOf' in schema)) return 'schema should have a type';
  const [unknown] = others(schema, `${STRUCTURE} format prefixItems minItems maxItems minimum maximum`);
  if (unknown !== undefined) return `Unknown keyword "${unknown}" in response_json_schema`;
  const chosen = listAt(schema, 'enum').find((value) => !['string', 'number'].includes(typeof value));
  return chosen === undefined ? undefined : 'enum: only STRING and NUMBER are allowed';
});

export const ollamaRule: SchemaRule = judge((schema) =>
  'pattern' in schema || 'not' in schema ? 'failed to load grammar from schema' : undefined,
);
