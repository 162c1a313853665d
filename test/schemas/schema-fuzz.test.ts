import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { schemasInThisThread } from '../support/schemas.js';
import { anyAnswer, anyTameSchema } from '../support/arbitrary-schema.js';

const FIXED = { seed: 15, numRuns: 400 } as const;

describe('any JSON Schema with any answer', () => {
  it('is refused with a code and a pointer, and then judges nothing, or comes to a verdict about the answer', async () => {
    const verdicts: Record<string, number> = {};
    await fc.assert(
      fc.asyncProperty(anyTameSchema, anyAnswer, async (schema, answer) => {
        const problems = await schemasInThisThread.problemsOf(schema);
        for (const { code, pointer, message } of problems) {
          expect(code).toBe('OUTPUT_SCHEMA_INVALID');
          expect(pointer).toMatch(/^$|^\//);
          expect(message).not.toBe('');
        }
        const read = await schemasInThisThread.readAnswer(answer, { schema, outputs: [] });
        verdicts[read.type] = (verdicts[read.type] ?? 0) + 1;
        expect(read.type === 'uncheckable').toBe(problems.length > 0);
        if (read.type === 'valid')
          expect(JSON.parse(answer.slice(read.outputAt.start, read.outputAt.end))).toEqual(read.output);
        else expect(read.problem.length).toBeLessThan(2500);
      }),
      FIXED,
    );
    expect(Object.keys(verdicts).sort()).toEqual(['invalid', 'uncheckable', 'valid']);
  });
});
