import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';

import { INPUT_PROBLEM_CODES } from '../../src/core/codes.js';
import type { JsonObject } from '../../src/core/json/json.js';
import { DEFAULT_SCHEMA_THREADS, SchemaThreads } from '../../src/schemas/schema-threads.js';
import { anyAnswer, anyOutputSchema } from '../support/arbitrary-schema.js';
import { countingTurns } from '../support/event-loop-turns.js';
import { settledHeap } from '../support/settled-heap.js';

const FIXED = { seed: 15, numRuns: 80, endOnFailure: true } as const;
const LIMIT_MS = 500;
/** How often at least the loop of the process has to turn while one job takes all the time that it may. */
const TURNS = 5;
const MOST_WORDS = 2500;
const MOST_HEAP_GROWTH = 50 * 1024 * 1024;
const FINE: JsonObject = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] };

describe('any JSON Schema with any answer', () => {
  const threads = new SchemaThreads({
    ...DEFAULT_SCHEMA_THREADS,
    checkLimitMs: LIMIT_MS,
    readLimitMs: LIMIT_MS,
    memoryMb: 96,
  });
  afterAll(() => threads.close());

  let givenUp = 0;

  async function judge(schema: JsonObject, answer: string): Promise<void> {
    const problems = await threads.problemsOf(schema);
    for (const { code, message } of problems) {
      expect(INPUT_PROBLEM_CODES).toContain(code);
      expect(message).not.toBe('');
    }
    const { value: read, turns } = await countingTurns(() => threads.readAnswer(answer, { schema, outputs: ['a'] }));
    if (read.type === 'valid') expect(read.output).toHaveProperty('a');
    else expect(read.problem.length).toBeLessThan(MOST_WORDS);
    if (!('problem' in read && read.problem.includes('took longer'))) return;
    givenUp += 1;
    expect(turns).toBeGreaterThan(TURNS);
  }

  it('is judged, or given up with a code, while the process goes on; the memory stays, and the threads come back', async () => {
    await judge(FINE, '{"a": 1}');
    const before = await settledHeap();
    await fc.assert(fc.asyncProperty(anyOutputSchema, anyAnswer, judge), FIXED);
    expect(givenUp).toBeGreaterThan(0);
    const after = await Promise.all(
      [1, 2, 3, 4].map((a) => threads.readAnswer(`{"a": ${a}}`, { schema: FINE, outputs: ['a'] })),
    );
    expect(after.map((each) => 'output' in each && each.output)).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }, { a: 4 }]);
    expect((await settledHeap()) - before).toBeLessThan(MOST_HEAP_GROWTH);
  });
});
