import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { packPackage } from '../support/packed-package.js';

const run = promisify(execFile);

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'circuit-breaker-judged-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the judges say of a tarball; empty where they find nothing. */
async function judged(tarball: string): Promise<string> {
  try {
    const { stdout, stderr } = await run(process.execPath, ['scripts/judge-package.mjs', tarball]);
    return `${stdout}${stderr}`;
  } catch (error) {
    return (error as { readonly stderr: string }).stderr;
  }
}

it('what is packed is a package that others can import, with its types', async () => {
  const tarball = await packPackage(folder);
  expect(await judged(tarball)).toBe('');
});

it('a package with an entry that leads nowhere, and one whose types are of another kind of module, is refused', async () => {
  const broken = join(folder, 'broken');
  await mkdir(broken);
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { readonly version: string };
  const exports = { '.': { types: './index.d.cts', default: './index.js' }, './gone': './gone.js' };
  await writeFile(join(broken, 'package.json'), JSON.stringify({ name: 'broken', version, type: 'module', exports }));
  await writeFile(join(broken, 'index.js'), 'export const a = 1;\n');
  await writeFile(join(broken, 'index.d.cts'), 'export declare const a: number;\n');
  const said = await judged(await packPackage(folder, broken));
  expect(said).toContain('publint refuses the package');
  expect(said).toContain('attw refuses the package');
});
