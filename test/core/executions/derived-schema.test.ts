import { describe, expect, it } from 'vitest';

import { askedSchemaOf, derivedSchema, outputSchemaOf } from '../../../src/core/executions/derived-schema.js';
import { structuredOutputs } from '../../../src/core/executions/mapping.js';

describe('the schema derived for an answer', () => {
  it('asks for exactly the structured outputs, nested by their paths', () => {
    const outputs = structuredOutputs({ 'data.a': 'assessment', 'data.b': 'scores.total', 'data.c': 'timestamp' });
    expect(derivedSchema(outputs)).toEqual({
      type: 'object',
      properties: {
        assessment: {},
        scores: { type: 'object', properties: { total: {} }, required: ['total'] },
      },
      required: ['assessment', 'scores'],
    });
  });

  it('is asked for with types and without other members, and taken with any value', () => {
    const some = { anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }, expect.anything()] };
    expect(askedSchemaOf({}, ['assessment'])).toEqual({
      type: 'object',
      properties: { assessment: some },
      required: ['assessment'],
      additionalProperties: false,
    });
    expect(outputSchemaOf({}, ['assessment'])).toEqual(derivedSchema(['assessment']));
  });

  it('is the agent’s own where it has one', () => {
    const outputSchema = { type: 'string' };
    expect([askedSchemaOf({ outputSchema }, ['a']), outputSchemaOf({ outputSchema }, ['a'])]).toEqual([
      outputSchema,
      outputSchema,
    ]);
    expect([askedSchemaOf({}, []), outputSchemaOf({}, [])]).toEqual([undefined, undefined]);
  });
});
