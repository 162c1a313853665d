import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { afterEach, describe, expect, it } from 'vitest';

import type { JsonObject } from '../../src/core/json/json.js';
import { SchemaThreads, DEFAULT_SCHEMA_THREADS, type SchemaThreadsOptions } from '../../src/schemas/schema-threads.js';
import { countingTurns } from '../support/event-loop-turns.js';

const HANGS: JsonObject = { type: 'object', properties: { tag: { type: 'string', pattern: String.raw`^(\w+\s?)*$` } } };
const HANGING_ANSWER = JSON.stringify({ tag: 'quarterlyreport'.repeat(4) + '!' });
const FINE: JsonObject = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] };

/** 200 references to each of 200 properties: hours of work for a compiler. */
function manyReferences(): JsonObject {
  const names = Array.from({ length: 200 }, (_, n) => `p${n}`);
  const all = Object.fromEntries(names.map((name) => [name, { $ref: `#/properties/${name}` }]));
  return { type: 'object', properties: Object.fromEntries(names.map((name) => [name, { properties: all }])) };
}

describe('the threads for schemas', () => {
  let threads: SchemaThreads;

  const open = (options: Partial<SchemaThreadsOptions> = {}) => {
    threads = new SchemaThreads({ ...DEFAULT_SCHEMA_THREADS, ...options });
    return threads;
  };

  afterEach(async () => {
    await threads.close();
  });

  it('check schemas and read answers', async () => {
    open();
    expect(await threads.problemsOf(FINE)).toEqual([]);
    expect(await threads.problemsOf({ type: 'objekt' })).toMatchObject([
      { code: 'OUTPUT_SCHEMA_INVALID', pointer: '/type' },
    ]);
    const read = (text: string) => threads.readAnswer(text, { schema: FINE, outputs: [] });
    expect(await read('<think>…</think>{"a": 1}')).toEqual({
      type: 'valid',
      output: { a: 1 },
      outputAt: { start: 16, end: 24 },
    });
    expect(await read('{"a": "x"}')).toMatchObject({ type: 'invalid' });
    expect(await threads.readAnswer('{}', { schema: { type: 'objekt' }, outputs: [] })).toMatchObject({
      type: 'uncheckable',
    });
  });

  it('give an answer up that takes for ever, hold nobody up meanwhile, and go on', async () => {
    open({ readLimitMs: 300 });
    await threads.readAnswer('{}', { schema: HANGS, outputs: [] });
    const { value, turns } = await countingTurns(() =>
      threads.readAnswer(HANGING_ANSWER, { schema: HANGS, outputs: [] }),
    );
    expect(value).toEqual({
      type: 'uncheckable',
      problem: expect.stringContaining('took longer than 0.3 s') as string,
    });
    // The limit is counted in ticks of 50 ms: each of them is a turn, however slow the machine.
    expect(turns).toBeGreaterThanOrEqual(6);
    expect(await threads.readAnswer('{"a":1}', { schema: FINE, outputs: [] })).toMatchObject({ type: 'valid' });
  });

  it('refuse a schema that takes for ever to compile', async () => {
    open({ checkLimitMs: 300 });
    expect(await threads.problemsOf(manyReferences())).toMatchObject([
      { code: 'OUTPUT_SCHEMA_TOO_COSTLY', pointer: '' },
    ]);
  });

  it('give up what takes too much memory', async () => {
    open({ memoryMb: 48, readLimitMs: 60_000 });
    const answer = await threads.readAnswer(`[${'[],'.repeat(3_000_000)}[]]`, { schema: {}, outputs: [] });
    expect(answer).toMatchObject({
      type: 'uncheckable',
      problem: expect.stringContaining('too much memory') as string,
    });
    expect(await threads.readAnswer('{"a":1}', { schema: FINE, outputs: [] })).toMatchObject({ type: 'valid' });
  });

  it('let what waits for one that hangs come after it, answers first', async () => {
    open({ threads: 1, readLimitMs: 300 });
    const order: string[] = [];
    const note = (name: string) => () => order.push(name);
    await Promise.all([
      threads.readAnswer(HANGING_ANSWER, { schema: HANGS, outputs: [] }).then(note('hanging')),
      threads.problemsOf(FINE).then(note('schema')),
      threads.readAnswer('{"a":1}', { schema: FINE, outputs: [] }).then(note('answer')),
    ]);
    expect(order).toEqual(['hanging', 'answer', 'schema']);
  });

  it('turn schemas away while too many wait', async () => {
    open({ threads: 1, mostWaiting: 1 });
    const answers = await Promise.allSettled([1, 2, 3].map(() => threads.problemsOf(FINE)));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(answers[2]).toMatchObject({ reason: { code: 'UNAVAILABLE' } });
  });

  it('let the process end that started them', async () => {
    const code = `import { SchemaThreads } from './src/schemas/schema-threads.ts';
      console.log(JSON.stringify(await new SchemaThreads().problemsOf({})));`;
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', code]);
    expect(stdout.trim()).toBe('[]');
  });
});
