import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const OURSELVES = fileURLToPath(new URL('../../../', import.meta.url));

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/**
 * What a new folder depends on to have this very program: the tarball or folder that it was installed from, where that was one, as
 * seen from the new folder; else its version in the registry.
 */
export async function ownSource(folder: string): Promise<string> {
  const { version } = await manifestIn(OURSELVES);
  const holder = /^(.*)[\\/]node_modules[\\/]circuit-breaker[\\/]?$/.exec(OURSELVES)?.[1];
  if (holder === undefined) return fileSource(folder, OURSELVES);
  const holding = await manifestIn(holder).catch(() => undefined);
  const named = holding?.dependencies?.['circuit-breaker'] ?? holding?.devDependencies?.['circuit-breaker'];
  if (named?.startsWith('file:') !== true) return `^${version}`;
  return fileSource(folder, resolve(holder, named.slice('file:'.length)));
}

/** The version of a package that we are tried out with ourselves. */
export async function testedVersion(name: string): Promise<string> {
  const { dependencies, devDependencies } = await manifestIn(OURSELVES);
  return dependencies?.[name] ?? devDependencies?.[name] ?? 'latest';
}

function fileSource(folder: string, path: string): string {
  const from = relative(resolve(folder), path).replaceAll('\\', '/');
  return `file:${from === '' ? '.' : from}`;
}

async function manifestIn(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(resolve(folder, 'package.json'), 'utf8')) as Manifest;
}
