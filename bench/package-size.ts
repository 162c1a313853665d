import { execFile } from 'node:child_process';
import { lstat, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { packPackage } from '../test/support/packed-package.js';
import { printRow } from './figures.js';

const run = promisify(execFile);

/** What it takes to have the package: its tarball, and what `npm install` of that brings. Asks the npm registry. */
export async function benchPackage(): Promise<void> {
  console.log('\nPackage: bytes of the tarball, and of an installation for production (as `du` counts it)');
  const folder = await mkdtemp(join(tmpdir(), 'circuit-breaker-size-'));
  try {
    const tarball = await packPackage(folder);
    const project = join(folder, 'project');
    await run('npm', ['install', '--omit=dev', '--no-audit', '--no-fund', '--prefix', project, tarball]);
    const packages = join(project, 'node_modules');
    const ours = await measured(join(packages, 'circuit-breaker'));
    const all = await measured(packages);
    printRow(
      'the tarball',
      `${megabytes((await stat(tarball)).size)}   unpacked ${megabytes(ours.bytes)}, ${ours.files} files`,
    );
    printRow('an installation', `${megabytes(all.onDisk)}   ${await installedPackages(packages)} packages`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Measured {
  readonly files: number;
  readonly bytes: number;
  readonly onDisk: number;
}

async function measured(folder: string): Promise<Measured> {
  const sum = { files: 0, bytes: 0, onDisk: 0 };
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const { size, blocks } = await lstat(join(entry.parentPath, entry.name));
    sum.onDisk += blocks * 512;
    if (!entry.isFile()) continue;
    sum.files += 1;
    sum.bytes += size;
  }
  return sum;
}

async function installedPackages(packages: string): Promise<number> {
  const lock = JSON.parse(await readFile(join(packages, '.package-lock.json'), 'utf8')) as {
    readonly packages: object;
  };
  return Object.keys(lock.packages).length;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
