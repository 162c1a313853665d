import type { Agent } from '../agents/agent.js';
import type { JsonObject } from '../json/json.js';

/** What an answer has to be in structure: the agent's own schema, or one derived from what the mapping names. */
export function outputSchemaOf(agent: Pick<Agent, 'outputSchema'>, outputs: readonly string[]): JsonObject | undefined {
  return agent.outputSchema ?? (outputs.length === 0 ? undefined : derivedSchema(outputs));
}

/**
 * The schema of an answer that has what a mapping names: an object with those members, all required, any JSON value.
 * Names are paths, so `review.score` asks for an object in an object.
 */
export function derivedSchema(outputs: readonly string[]): JsonObject {
  const schema = outputs.reduce<SchemaTree>((tree, name) => addToTree(tree, name.split('.')), {});
  return treeToSchema(schema);
}

interface SchemaTree {
  readonly [name: string]: SchemaTree;
}

function addToTree(tree: SchemaTree, keys: readonly string[]): SchemaTree {
  const [key, ...rest] = keys;
  if (key === undefined) return tree;
  return { ...tree, [key]: addToTree(tree[key] ?? {}, rest) };
}

function treeToSchema(tree: SchemaTree): JsonObject {
  const names = Object.keys(tree);
  if (names.length === 0) return {};
  const properties = Object.fromEntries(names.map((name) => [name, treeToSchema(tree[name] ?? {})]));
  return { type: 'object', properties, required: names };
}
