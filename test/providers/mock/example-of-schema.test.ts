import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json/json.js';
import { compileOutputSchema } from '../../../src/core/validation/compile-output-schema.js';
import { exampleOf } from '../../../src/providers/mock/example-of-schema.js';

const NODE = { type: 'object', properties: { next: { $ref: '#' }, value: { type: 'string' } }, required: ['value'] };

describe('exampleOf', () => {
  it.each<[string, JsonObject]>([
    ['enumerations', { enum: ['APPROVE', 'REJECT'] }],
    ['ranges', { type: 'number', minimum: 0, maximum: 1 }],
    ['whole numbers in a range', { type: 'integer', minimum: 3, maximum: 4 }],
    ['multiples', { type: 'integer', multipleOf: 7, minimum: 15 }],
    ['exclusive bounds', { type: 'integer', exclusiveMinimum: 0, exclusiveMaximum: 2 }],
    ['texts with lengths', { type: 'string', minLength: 20, maxLength: 22 }],
    ['lists without doubles', { type: 'array', minItems: 3, uniqueItems: true, items: { type: 'string' } }],
    ['choices', { oneOf: [{ type: 'null' }, { type: 'string' }] }],
    ['parts', { allOf: [NODE, { properties: { more: { type: 'boolean' } }, required: ['more'] }] }],
    [
      'references',
      {
        $defs: { name: { type: 'string', maxLength: 3 } },
        properties: { a: { $ref: '#/$defs/name' } },
        type: 'object',
      },
    ],
    ['schemas that refer to themselves', NODE],
    ['any JSON value', { type: 'object', properties: { category: {} }, required: ['category'] }],
  ])('fits %s', (_, schema) => {
    const compiled = compileOutputSchema(schema);
    const problems =
      'schema' in compiled ? compiled.schema.problemsOf(exampleOf(schema) ?? null, 'first') : compiled.problems;
    expect(problems).toEqual([]);
  });

  it('is the same every time, has every property, and says in its texts whose they are', () => {
    const schema = {
      type: 'object',
      properties: { summary: { type: 'string' }, grade: { type: 'integer', minimum: 1, maximum: 5 } },
    };
    expect([exampleOf(schema), exampleOf(schema)]).toEqual(Array(2).fill({ summary: 'mock summary', grade: 3 }));
  });

  it('keeps null and false where they are the only values', () => {
    expect(exampleOf({ properties: { a: { const: null }, b: { enum: [false] } } })).toEqual({ a: null, b: false });
  });

  it('gives up on a schema that multiplies without end', () => {
    const names = Array.from({ length: 50 }, (_, index) => `p${index}`);
    const properties = Object.fromEntries(names.map((name) => [name, { $ref: '#' }]));
    expect(exampleOf({ type: 'object', properties, required: names })).toBeUndefined();
  });
});
