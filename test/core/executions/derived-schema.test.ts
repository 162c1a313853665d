import { describe, expect, it } from 'vitest';

import { derivedSchema } from '../../../src/core/executions/derived-schema.js';
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
});
