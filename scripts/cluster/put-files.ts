import { chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import type { ComposeFile, ComposeService } from './compose-file.js';
import type { Launch } from './local-programs.js';

/**
 * Puts what a container is handed where its process finds it, in the words of this machine: its secrets and its files of
 * configuration, which nobody else reads.
 */
export function putFiles(
  service: ComposeService,
  { secrets, configs }: Pick<ComposeFile, 'secrets' | 'configs'>,
  place: FilePlace,
): void {
  const { folder, paths, textHere, user } = place;
  rmSync(folder, { recursive: true, force: true });
  // Somebody else may have to come through what it lies in.
  mkdirSync(dirname(folder), { recursive: true, mode: 0o711 });
  mkdirSync(folder, { mode: 0o700 });
  const made = [
    ...service.secrets.map((name) => [secrets[name], `/run/secrets/${name}`] as const),
    ...service.configs.map(({ source, target }) => [configs[source], target] as const),
  ].map(([from, target]) => {
    const path = paths[target];
    if (from === undefined || path === undefined)
      throw new Error(`${service.name} names ${target}, which the file does not have.`);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, textHere(readFileSync(from, 'utf8')), { mode: 0o600 });
    return [path, dirname(path)];
  });
  if (user === undefined) return;
  for (const path of new Set([folder, ...made.flat()])) chownSync(path, user.uid, user.gid);
}

interface FilePlace {
  /** Of the process; whatever an earlier one left there goes. */
  readonly folder: string;
  readonly paths: Readonly<Record<string, string>>;
  readonly textHere: (text: string) => string;
  readonly user: Launch['user'];
}
