import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { packPackage } from '../support/packed-package.js';

const CREATE = 'packages/create-circuit-breaker';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'circuit-breaker-create-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('what npm create runs makes a folder, from two tarballs, and depends on the program that made it', async () => {
  const [ours, create] = await Promise.all([packPackage(folder), packPackage(folder, CREATE)]);
  const words = ['--yes', '--prefer-offline', '--package', ours, '--package', create];
  await promisify(execFile)('npx', [...words, 'create-circuit-breaker', 'my-agents', '--template', 'blank'], {
    cwd: folder,
  });
  expect(await readdir(join(folder, 'my-agents'))).toEqual(expect.arrayContaining(['agents', 'workflows', '.env']));
  const { dependencies } = await manifest(join(folder, 'my-agents'));
  expect(dependencies['circuit-breaker']).toMatch(/^file:.*circuit-breaker-\d.*\.tgz$/);
});

it('it depends on the version that it lies beside, and runs on the same versions of Node', async () => {
  const [ours, create] = [await manifest('.'), await manifest(CREATE)];
  expect(create).toMatchObject({ version: ours.version, engines: ours.engines });
  expect(create.dependencies).toEqual({ 'circuit-breaker': ours.version });
});

interface Manifest {
  readonly version: string;
  readonly engines: object;
  readonly dependencies: Readonly<Record<string, string>>;
}

async function manifest(of: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(of, 'package.json'), 'utf8')) as Manifest;
}
