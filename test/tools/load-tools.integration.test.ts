import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { loadTools } from '../../src/tools/load-tools.js';

/** A module whose tool is marked as defineTool does it, in a copy of this program of its own. */
const aTool = (name: string) => `
const mark = Symbol.for('circuit-breaker.tool');
export const tool = Object.defineProperty({ name: '${name}' }, mark, { value: true });
export default tool;
export const notOne = { name: 'other' };
`;

describe('the tools of a folder', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'circuit-breaker-tools-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const write = (name: string, text: string) => writeFile(join(folder, name), text);

  it('are all exports of its modules that defineTool made, each once', async () => {
    await write('a.mjs', aTool('lookup'));
    await write('b.mjs', aTool('refund'));
    await write('c.mjs', `export { tool } from './a.mjs';`);
    await write('readme.txt', 'Tools.');
    await write('types.d.ts', 'export {};');
    await mkdir(join(folder, 'shared'));
    expect([...(await loadTools(folder)).keys()]).toEqual(['lookup', 'refund']);
  });

  it('find zod among our packages where they have none', async () => {
    await write('a.mjs', `import { z } from 'zod'; z.string();\n${aTool('lookup')}`);
    expect((await loadTools(folder)).size).toBe(1);
  });

  it('are waited for a while: a module that never comes to its end is named', async () => {
    await write('a.mjs', `await new Promise(() => undefined);\n${aTool('lookup')}`);
    await expect(loadTools(folder, 100)).rejects.toThrow(/a\.mjs: it has not loaded within 0\.1 s\. Mend the module/);
  });

  it('are no more than a thousand', async () => {
    const mark = `Symbol.for('circuit-breaker.tool')`;
    const many = Array.from(
      { length: 1001 },
      (_, n) => `export const t${n} = Object.defineProperty({ name: 't${n}' }, ${mark}, { value: true });`,
    );
    await write('a.mjs', many.join('\n'));
    await expect(loadTools(folder)).rejects.toThrow(/a\.mjs: with it there are more than 1000 tools/);
  });

  it('are none without a folder', async () => {
    expect((await loadTools(undefined)).size).toBe(0);
  });

  it.each([
    [
      'a module that throws',
      { 'a.mjs': `\n  throw new Error('no such host');` },
      /a\.mjs:2:9: no such host\. Mend the module/,
    ],
    ['a module that is no program', { 'a.mjs': 'export const =' }, /a\.mjs\b.*: .*\. Mend the module/],
    ['a module without a tool', { 'a.mjs': 'export const a = 1;' }, /a\.mjs: it exports no tool/],
    ['an import that leads nowhere', { 'a.mjs': `import 'no-such-package';` }, /a\.mjs\b.*: .*no-such-package/],
    ['a name that is built in', { 'a.mjs': aTool('token.read') }, /a\.mjs: its tool "token\.read" has a name of ours/],
    ['two tools of one name', { 'a.mjs': aTool('x'), 'b.mjs': aTool('x') }, /b\.mjs: its tool "x" is also in .*a\.mjs/],
  ])('are refused with the file and what to do: %s', async (_what, files, message) => {
    for (const [name, text] of Object.entries(files)) await write(name, text);
    await expect(loadTools(folder)).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      message: expect.stringMatching(message) as string,
    });
  });

  it('are refused with all that is wrong at once, a line for each module', async () => {
    await write('a.mjs', `throw new Error('no such host');`);
    await write('b.mjs', 'export const b = 1;');
    await expect(loadTools(folder)).rejects.toMatchObject({
      message: expect.stringMatching(/a\.mjs:1:7: no such host.*\n.*b\.mjs: it exports no tool/) as string,
      facts: { problems: [{ pointer: '/TOOLS_DIR' }, { pointer: '/TOOLS_DIR' }] },
    });
  });

  it('are refused where the folder is not there', async () => {
    await expect(loadTools(join(folder, 'none'))).rejects.toThrow(/TOOLS_DIR: .*none: the folder cannot be read/);
  });
});
