import { z } from 'zod';

import { DURATION_PATTERN } from '../definitions/duration.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../json/json.js';
import { agentShape } from './agent-schema.js';
import { placeAgentShape, transitionShape, workflowShape } from './definition-shapes.js';
import { ruleSchema } from './rule-schema.js';

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';
const WHEN = { type: 'string', minLength: 1, description: 'An expression in CEL, such as data.score > 7.0' };

/**
 * JSON Schemas of the files of a folder of definitions, for editors: made by zod of the shapes that judge them, with the short forms.
 * They know less than the judges: a name that leads nowhere fits.
 */
export function fileSchemas(): { readonly agent: JsonObject; readonly workflow: JsonObject } {
  const rule = ruleFile();
  const transition = withMembers(jsonSchemaOf(transitionShape), { rules: listOf('rule'), when: WHEN });
  const placeAgent = withMembers(jsonSchemaOf(placeAgentShape), { triggerConditions: listOf('rule') });
  const workflow = withMembers(jsonSchemaOf(workflowShape), {
    transitions: listOf('transition'),
    placeAgents: listOf('placeAgent'),
    rules: { type: 'object', additionalProperties: { $ref: '#/$defs/rule' } },
  });
  return {
    agent: ofFile('An agent of Circuit Breaker', jsonSchemaOf(agentShape)),
    workflow: {
      ...ofFile('A workflow of Circuit Breaker', workflow),
      $defs: { rule, transition, placeAgent },
    },
  };
}

function ofFile(title: string, schema: JsonObject): JsonObject {
  return { $schema: DIALECT, title, ...withMembers(schema, { $schema: { type: 'string' } }) };
}

function listOf(name: string): JsonObject {
  return { type: 'array', items: { $ref: `#/$defs/${name}` } };
}

/** A rule, also by `when`. */
function ruleFile(): JsonObject {
  const { oneOf, anyOf = oneOf, ...rest } = jsonSchemaOf(ruleSchema);
  const short = {
    type: 'object',
    properties: { when: WHEN, id: { type: 'string' }, description: { type: 'string' } },
    required: ['when'],
    additionalProperties: false,
  };
  return { ...rest, anyOf: [...(Array.isArray(anyOf) ? (anyOf as readonly JsonValue[]) : []), short] };
}

function withMembers(schema: JsonObject, members: JsonObject): JsonObject {
  const { properties } = schema;
  return { ...schema, properties: { ...(isJsonObject(properties) ? properties : {}), ...members } };
}

/** What a shape takes, as zod says it. What a shape fills in by itself need not be there. */
function jsonSchemaOf(shape: z.ZodType): JsonObject {
  const schema: unknown = z.toJSONSchema(shape, {
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const { def } = zodSchema._zod;
      if (def.type !== 'object') return;
      const members = Object.entries((def as z.core.$ZodObjectDef).shape);
      jsonSchema.required = members.filter(([, member]) => !mayBeAbsent(member)).map(([name]) => name);
    },
  });
  const { $schema: _dialect, ...plain } = inFile(JSON.parse(JSON.stringify(schema)) as JsonValue) as JsonObject;
  return plain;
}

function mayBeAbsent(member: z.core.$ZodType): boolean {
  return member._zod.optout === 'optional' || z.safeParse(member, undefined).success;
}

/** Seconds may be durations, and what refers to the whole refers to the rule that it then is. */
function inFile(schema: JsonValue): JsonValue {
  if (Array.isArray(schema)) return (schema as readonly JsonValue[]).map(inFile);
  if (!isJsonObject(schema)) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([name, value]) => {
      if (name === '$ref' && value === '#') return [name, '#/$defs/rule'];
      if (!name.endsWith('Seconds') || !isJsonObject(value)) return [name, inFile(value)];
      return [name, { anyOf: [value, { type: 'string', pattern: DURATION_PATTERN }] }];
    }),
  );
}
