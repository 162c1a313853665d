import { describe, expect, it } from 'vitest';

import { derivedSchema } from '../../../src/core/executions/derived-schema.js';
import type { JsonObject } from '../../../src/core/json/json.js';
import { compileOutputSchema } from '../../../src/core/validation/compile-output-schema.js';
import { readStructuredAnswer } from '../../../src/core/validation/structured-answer.js';

function readBy(schema: JsonObject, outputs: readonly string[], text: string) {
  const compiled = compileOutputSchema(schema);
  if ('problems' in compiled) throw new Error(JSON.stringify(compiled.problems));
  return readStructuredAnswer(text, { schema: compiled.schema, outputs });
}

const read = (text: string) => readBy(derivedSchema(['assessment']), ['assessment'], text);

describe('a structured answer', () => {
  it('is its JSON, also in a Markdown fence', () => {
    const valid = { type: 'valid', output: { assessment: 'APPROVE' } };
    expect(read('{"assessment":"APPROVE"}')).toEqual({ ...valid, outputAt: { start: 0, end: 24 } });
    expect(read('```json\n{"assessment":"APPROVE"}\n```')).toEqual({ ...valid, outputAt: { start: 8, end: 32 } });
  });

  it.each([
    ['prose', 'not JSON'],
    ['{}', 'assessment'],
    ['{"assessment": 1e999}', 'too large'],
    ['{"assessment": 9007199254740993}', 'lose digits'],
    ['{"assessment": {"__proto__": 1}}', '__proto__'],
    [`{"assessment": ${'['.repeat(20_000)}${']'.repeat(20_000)}}`, 'too deep'],
  ])('%.40s is refused with a reason', (text, reason) => {
    const answer = read(text);
    expect(answer).toMatchObject({ type: 'invalid' });
    expect(JSON.stringify(answer)).toContain(reason);
  });

  it('carries no text that cannot be stored', () => {
    expect(read(String.raw`{"assessment":"a\u0000b\ud800"}`)).toMatchObject({
      type: 'valid',
      output: { assessment: 'a\uFFFDb\uFFFD' },
    });
  });

  it('is told several things that are wrong, and the choice that there was', () => {
    const schema = {
      properties: { verdict: { enum: ['YES', 'NO'] }, score: { type: 'integer' } },
      required: ['reason'],
    };
    const answer = readBy(schema, [], '{"verdict":"MAYBE","score":1.5}');
    const problem = expect.stringMatching(/reason.*\/verdict.*\["YES","NO"\].*\/score/) as string;
    expect(answer).toEqual({ type: 'invalid', problem });
  });

  it('is told in few words what is wrong, however much that is', () => {
    const schema = { type: 'array', items: { type: 'string' } };
    const items = JSON.stringify(Array.from({ length: 100_000 }, (_, n) => n));
    const key = JSON.stringify([{ ['k'.repeat(500_000)]: 1 }]);
    const strict = { type: 'array', items: { additionalProperties: { type: 'string' } } };
    for (const answer of [readBy(schema, [], items), readBy(strict, [], key)]) {
      expect(answer.type).toBe('invalid');
      expect(JSON.stringify(answer).length).toBeLessThan(2100);
    }
  });
});
