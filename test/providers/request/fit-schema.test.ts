import { describe, expect, it } from 'vitest';

import type { Api } from '../../../src/core/agents/model-capabilities.js';
import { askedSchemaOf } from '../../../src/core/executions/derived-schema.js';
import type { JsonObject } from '../../../src/core/json/json.js';
import { answerFormat } from '../../../src/providers/request/answer-format.js';
import { anthropicRule, geminiRule, ollamaRule, openAiRule, type SchemaRule } from '../../support/provider-rules.js';

const RULES: Readonly<Record<Exclude<Api, 'mock'>, SchemaRule>> = {
  openai: openAiRule,
  'openai-chat': openAiRule,
  // A server that copies OpenAI's API: lists are fine with it.
  custom: (schema, strict) => (strict ? openAiRule(schema, strict) : undefined),
  anthropic: anthropicRule,
  google: geminiRule,
  ollama: ollamaRule,
};
const APIS = Object.entries(RULES) as readonly (readonly [Exclude<Api, 'mock'>, SchemaRule])[];

const ask = (outputSchema: JsonObject, api: Api) =>
  answerFormat({ outputSchema }, { structuredOutput: 'json_schema' }, api);

function object(properties: JsonObject, more: JsonObject = {}): JsonObject {
  return { type: 'object', properties, required: Object.keys(properties), ...more };
}

const VERDICT = { enum: ['APPROVE', 'REJECT'] };
const NODE = object({ next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } });
/** As tools write them, and as people do. */
const SCHEMAS: readonly (readonly [string, JsonObject])[] = [
  ['derived', askedSchemaOf({}, ['assessment', 'review.score']) ?? {}],
  ['open objects', object({ a: { type: 'string' }, b: object({ c: { type: 'number' } }) })],
  ['choices without a type', object({ verdict: VERDICT })],
  ['what is optional', { ...object({ a: { type: 'string' } }), required: [] }],
  ['limits', object({ score: { type: 'integer', minimum: 1, maximum: 10 }, name: { type: 'string', pattern: '^a' } })],
  ['lists', object({ tags: { type: 'array', items: { type: 'string' }, minItems: 2, uniqueItems: true } })],
  ['zod 4', object({ a: { type: 'string' } }, { $schema: 'https://json-schema.org/draft/2020-12/schema' })],
  ['zod-to-json-schema', { $ref: '#/definitions/A', definitions: { A: object({ a: { type: 'string' } }) } }],
  ['Pydantic', object({ a: { $ref: '#/$defs/A', title: 'A' } }, { $defs: { A: { enum: ['x'], title: 'A' } } })],
  ['Pydantic’s parts', object({ a: { allOf: [{ $ref: '#/$defs/A' }], description: 'x' } }, { $defs: { A: VERDICT } })],
  ['defaults and examples', object({ a: { type: 'string', default: 'x', examples: ['y'] } })],
  ['OpenAPI’s nullable', object({ a: { type: 'string', nullable: true } })],
  ['constants', object({ kind: { const: 'review' }, isFinal: { const: true }, nothing: { enum: ['x', null] } })],
  ['oneOf', object({ a: { oneOf: [{ type: 'string' }, object({ b: { type: 'number' } })] } })],
  ['parts', { allOf: [object({ a: { type: 'string' } }), object({ b: { type: 'number' } })] }],
  ['parts that share a property', { allOf: [object({ a: { type: 'string' } }), object({ a: { minLength: 1 } })] }],
  ['circles', object({ tree: { $ref: '#/$defs/node' } }, { $defs: { node: NODE } })],
  ['itself', object({ children: { type: 'array', items: { $ref: '#' } } })],
  ['anything', object({ payload: {} })],
  ['any object', object({ payload: { type: 'object' } })],
  ['maps', object({ counts: { type: 'object', additionalProperties: { type: 'number' } } })],
  ['names by a pattern', { type: 'object', patternProperties: { '^a': { type: 'string' } } }],
  ['tuples', object({ pair: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }] } })],
  ['tuples of draft-07', object({ pair: { type: 'array', items: [{ type: 'string' }] } })],
  ['conditions', object({ a: { type: 'string' } }, { if: { required: ['a'] }, then: { required: ['b'] } })],
  ['no object', { type: 'array', items: { type: 'string' } }],
  ['a text', { type: 'string' }],
  ['yes or no', object({ a: true, b: false })],
  ['references into properties', object({ a: { type: 'string' }, b: { $ref: '#/properties/a' } })],
  ['references that lead nowhere', object({ a: { $ref: '#/$defs/none' } })],
  [
    '17 choices',
    object(Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`p${n}`, { type: ['string', 'null'] }]))),
  ],
  ['12 levels', Array.from({ length: 12 }).reduce<JsonObject>((inner) => object({ a: inner }), { type: 'string' })],
];

describe.each(APIS)('what %s is sent of a schema', (api, rule) => {
  it.each(SCHEMAS)('is what it takes: %s', (_, schema) => {
    const format = ask(schema, api);
    if (format.type !== 'json_schema') return;
    expect(rule(format.schema, format.strict)).toBeUndefined();
  });

  it('is a schema for whatever is derived', () => {
    expect(ask(askedSchemaOf({}, ['assessment', 'review.score']) ?? {}, api)).toMatchObject({
      type: 'json_schema',
      schema: { required: ['assessment', 'review'] },
    });
  });
});

describe('a schema for a strict API', () => {
  const schema = object({
    verdict: VERDICT,
    score: { type: 'integer', minimum: 1, maximum: 10, description: 'How sure.' },
  });

  it.each(['openai', 'openai-chat', 'custom', 'anthropic'] as const)(
    'has types, is closed, and says in words what is left out: %s',
    (api) => {
      expect(ask(schema, api)).toEqual({
        type: 'json_schema',
        strict: true,
        schema: {
          type: 'object',
          properties: {
            verdict: { type: 'string', enum: ['APPROVE', 'REJECT'] },
            score: { type: 'integer', description: 'How sure. {minimum: 1, maximum: 10}' },
          },
          required: ['verdict', 'score'],
          additionalProperties: false,
        },
      });
    },
  );

  it('keeps the limits that the API knows', () => {
    expect(ask(schema, 'google')).toMatchObject({ schema: { properties: { score: { minimum: 1, maximum: 10 } } } });
  });

  it.each<[string, JsonObject, Api, string]>([
    ['what is optional stays so', { ...object({ a: { type: 'string' } }), required: [] }, 'openai', 'loose'],
    ['a map is no empty object', object({ a: { type: 'object', additionalProperties: {} } }), 'anthropic', 'prompt'],
    [
      'a map is one for those who know maps',
      object({ a: { type: 'object', additionalProperties: { type: 'number' } } }),
      'google',
      'strict',
    ],
    [
      'what is open on purpose',
      { ...object({ a: { type: 'string' } }), additionalProperties: true },
      'anthropic',
      'prompt',
    ],
    ['anything is more than a text', object({ a: {} }), 'anthropic', 'prompt'],
    ['anything is more than a text, also elsewhere', object({ a: {} }), 'google', 'json_object'],
    ['a circle is no tree', object({ a: { $ref: '#' } }), 'anthropic', 'prompt'],
    ['a list is no object', { type: 'array', items: { type: 'string' } }, 'openai', 'prompt'],
    ['a list is one for those who take one', { type: 'array', items: { type: 'string' } }, 'anthropic', 'strict'],
    ['no condition is dropped', object({ a: { type: 'string' } }, { not: { required: ['b'] } }), 'anthropic', 'prompt'],
  ])('asks for nothing else: %s', (_, asked, api, way) => {
    const format = ask(asked, api);
    expect(format.type === 'json_schema' ? (format.strict ? 'strict' : 'loose') : format.type).toBe(way);
  });
});
