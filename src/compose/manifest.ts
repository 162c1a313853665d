import { readFile } from 'node:fs/promises';

/** What package.json says of this program. */
export interface Manifest {
  readonly version: string;
  readonly engines: { readonly node: string };
}

export async function readManifest(): Promise<Manifest> {
  return JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as Manifest;
}
