import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The full path of a file of this project. */
export function inProject(path) {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

/** The files in a folder and those below it, by their paths within it, in an order that is the same on every machine. */
export function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).replaceAll(sep, '/'))
    .sort();
}
