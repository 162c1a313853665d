import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** In a process as workers are, and on what was built: vitest compiles what it loads by itself. */
const FIND = `
const { findTools } = await import(${JSON.stringify(pathToFileURL(resolve('dist/tools/load-tools.js')).href)});
const { tools, problems } = await findTools(process.argv[1]);
console.log(JSON.stringify({ names: [...tools.keys()], problems: problems.map(({ message }) => message) }));
`;

const TOOL = `
import { defineTool } from 'circuit-breaker/tools';
import { z } from 'zod';
import { Name } from './name.js';

export const tool = defineTool({
  name: Name.Lookup,
  description: 'Looks something up.',
  input: z.object({ number: z.string() }),
  idempotent: true,
  run: ({ number }) => Promise.resolve(number as string),
});
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'circuit-breaker-tools-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function found(files: Readonly<Record<string, string>>): Promise<unknown> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', FIND, folder]);
  return JSON.parse(stdout);
}

describe('tools in TypeScript', () => {
  it('are loaded by every Node, with all that TypeScript has, from where no package is', async () => {
    const name = `export enum Name { Lookup = 'lookup' }\nexport { tool } from './lookup.js';`;
    expect(await found({ 'lookup.ts': TOOL, 'name.ts': name })).toEqual({ names: ['lookup'], problems: [] });
  });

  it.each([
    ['throws', `interface A {}\n\nconst a: number = 1;\nthrow new Error('no such host');`, '4:7: no such host.'],
    ['does not parse', `export const a = 1;\nexport const =`, '2:1: Unexpected token `=`'],
  ])('are refused with file, line and column: one that %s', async (_what, text, problem) => {
    expect(await found({ 'a.ts': text })).toEqual({
      names: [],
      problems: [expect.stringContaining(`TOOLS_DIR: ${join(folder, 'a.ts')}:${problem}`)],
    });
  });
});
