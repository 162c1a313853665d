import type { Agent } from '../agents/agent.js';
import { ownValue, type JsonObject } from '../json/json.js';

type Structured = Pick<Agent, 'outputSchema'>;

/** What an answer has to be in structure: the agent's own schema, or one derived from what the mapping names. */
export function outputSchemaOf(agent: Structured, outputs: readonly string[]): JsonObject | undefined {
  return agent.outputSchema ?? (outputs.length === 0 ? undefined : derivedSchema(outputs));
}

/** What the model is asked for. Where the schema is derived that is less than what is taken: see askedSchema. */
export function askedSchemaOf(agent: Structured, outputs: readonly string[]): JsonObject | undefined {
  return agent.outputSchema ?? (outputs.length === 0 ? undefined : askedSchema(outputs));
}

/**
 * The schema of an answer that has what a mapping names: an object with those members, all required, any JSON value.
 * Names are paths, so `review.score` asks for an object in an object.
 */
export function derivedSchema(outputs: readonly string[]): JsonObject {
  return treeToSchema(treeOf(outputs), { leaf: {}, more: {} });
}

/** What strict APIs take instead of any value. */
const SOME_VALUE: JsonObject = {
  anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }, { type: 'array', items: { type: 'string' } }],
};

/** The same for strict APIs, which want each value to have a type and objects to have no other members. */
function askedSchema(outputs: readonly string[]): JsonObject {
  return treeToSchema(treeOf(outputs), { leaf: SOME_VALUE, more: { additionalProperties: false } });
}

function treeOf(outputs: readonly string[]): SchemaTree {
  return outputs.reduce<SchemaTree>((tree, name) => addToTree(tree, name.split('.')), {});
}

interface SchemaTree {
  readonly [name: string]: SchemaTree;
}

function addToTree(tree: SchemaTree, keys: readonly string[]): SchemaTree {
  const [key, ...rest] = keys;
  if (key === undefined) return tree;
  return { ...tree, [key]: addToTree(ownValue(tree, key) ?? {}, rest) };
}

function treeToSchema(tree: SchemaTree, style: { readonly leaf: JsonObject; readonly more: JsonObject }): JsonObject {
  const names = Object.keys(tree);
  if (names.length === 0) return style.leaf;
  const properties = Object.fromEntries(names.map((name) => [name, treeToSchema(tree[name] ?? {}, style)]));
  return { type: 'object', properties, required: names, ...style.more };
}
