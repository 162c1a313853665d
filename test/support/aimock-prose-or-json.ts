import type { ChatCompletionRequest, Fixture } from '@copilotkit/aimock';

const PROSE =
  'The document is complete and well written. Its figures add up, its sources are named, and nothing in it ' +
  'contradicts the rules of the house. It can be published as it stands.';

/** A value for each property of an object schema: first of an enumeration, else something of its type. */
function jsonFor(request: ChatCompletionRequest): string {
  const format = request.response_format as { json_schema?: { schema?: { properties?: Record<string, Property> } } };
  const properties = Object.entries(format.json_schema?.schema?.properties ?? {});
  return JSON.stringify(Object.fromEntries(properties.map(([name, property]) => [name, valueOf(name, property)])));
}

interface Property {
  readonly type?: string;
  readonly enum?: readonly unknown[];
}

function valueOf(name: string, property: Property): unknown {
  if (property.enum !== undefined) return property.enum[0];
  const values: Readonly<Record<string, unknown>> = { number: 1, integer: 1, boolean: true, array: [], object: {} };
  return values[property.type ?? ''] ?? `the ${name}`;
}

export const fixtures: readonly Fixture[] = [
  {
    match: { predicate: (request) => request.response_format?.type === 'json_schema' },
    response: (request) => ({ content: jsonFor(request) }),
  },
  { match: {}, response: { content: PROSE } },
];
