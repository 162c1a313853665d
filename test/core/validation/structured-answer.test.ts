import { describe, expect, it } from 'vitest';

import { outputSchemaOf } from '../../../src/core/executions/derived-schema.js';
import { readStructuredAnswer } from '../../../src/core/validation/structured-answer.js';

const schema = outputSchemaOf({}, ['assessment']);
const read = (text: string) => readStructuredAnswer(text, { schema, outputs: ['assessment'] });

describe('a structured answer', () => {
  it('is its JSON, also in a Markdown fence', () => {
    const valid = { type: 'valid', output: { assessment: 'APPROVE' } };
    expect(read('{"assessment":"APPROVE"}')).toEqual(valid);
    expect(read('```json\n{"assessment":"APPROVE"}\n```')).toEqual(valid);
  });

  it('is not asked for where nothing is mapped', () => {
    expect(readStructuredAnswer('prose', { schema: outputSchemaOf({}, []), outputs: [] })).toEqual({ type: 'plain' });
  });

  it.each([
    ['prose', 'not JSON'],
    ['{}', 'assessment'],
    ['{"assessment": 1e999}', 'too large'],
    ['{"assessment": {"__proto__": 1}}', '__proto__'],
    [`{"assessment": ${'['.repeat(20_000)}${']'.repeat(20_000)}}`, 'too deep'],
  ])('%.40s is refused with a reason', (text, reason) => {
    const answer = read(text);
    expect(answer).toMatchObject({ type: 'invalid' });
    expect(JSON.stringify(answer)).toContain(reason);
  });

  it('carries no text that cannot be stored', () => {
    expect(read(String.raw`{"assessment":"a\u0000b\ud800"}`)).toEqual({
      type: 'valid',
      output: { assessment: 'a\uFFFDb\uFFFD' },
    });
  });
});
