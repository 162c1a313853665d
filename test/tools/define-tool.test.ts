import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { defineTool, isTool } from '../../src/tools/define-tool.js';

const base = { name: 'lookup', description: 'Looks up.', input: z.object({ n: z.number() }), run: () => 1 };

const elsewhere = z.object({ n: z.string().meta({ $ref: 'https://schemas.example/n.json' }) });

describe('a tool that is defined', () => {
  it('has the JSON Schema of its input, and is what it is for every copy of this program', () => {
    const tool = defineTool(base);
    expect(tool).toMatchObject({ name: 'lookup', idempotent: false, timeoutSeconds: 30 });
    expect(tool.parameters).toMatchObject({ type: 'object', properties: { n: { type: 'number' } }, required: ['n'] });
    expect(isTool(tool)).toBe(true);
    expect(isTool({ ...base })).toBe(false);
  });

  it('reads arguments by its input, and says what does not fit', async () => {
    const tool = defineTool({ ...base, input: z.object({ n: z.string().transform(Number) }) });
    expect(await tool.read({ n: '7', more: 1 })).toEqual({ value: { n: 7 } });
    expect(await tool.read({ n: 7 })).toEqual({ misfits: [{ pointer: '/n', message: expect.any(String) as string }] });
  });

  it('may change its arguments: what was given stays', async () => {
    const tool = defineTool({ ...base, input: z.object({ list: z.any() }) });
    const given = { list: [1, 2] };
    const read = await tool.read(given);
    if ('value' in read) (read.value as { list: number[] }).list.length = 0;
    expect(given).toEqual({ list: [1, 2] });
  });

  it.each([
    ['a name with spaces', { ...base, name: 'look up' }, /cannot be called "look up"/],
    ['a name of 300 characters', { ...base, name: 'x'.repeat(300) }, /at most 64/],
    ['no description', { ...base, description: '' }, /needs a description/],
    ['an input that is no object', { ...base, input: z.string() }, /must be an object/],
    ['an input that JSON Schema cannot say', { ...base, input: z.object({ at: z.date() }) }, /no schema of zod 4/],
    ['an input that lies elsewhere', { ...base, input: elsewhere }, /refers to "https:.*nobody fetches it/],
    ['no time', { ...base, timeoutSeconds: 0 }, /timeoutSeconds/],
  ])('is refused with %s', (_what, definition, message) => {
    expect(() => defineTool<z.ZodType>(definition)).toThrow(message);
  });
});
