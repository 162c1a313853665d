import { readdirSync, statSync, type Dirent } from 'node:fs';
import { join, resolve } from 'node:path';

import { compareFiles } from '../../folder/folder-problem.js';

/** What agents and workflows are made of, and tools: YAML, JSON, modules, and the texts of prompts. */
const WATCHED = /\.(?:ya?ml|json|m?[jt]s|md|txt)$/;
/** What a process reads when it starts. */
export const VARIABLES_FILE = '.env';
/** More than a folder of definitions has. What is nearest to the folder itself comes first. */
const MOST_ENTRIES = 20_000;

/** Files by their names from the folder on, each with what is another after it was saved: its time, its size, where it lies on the disk. */
export type SeenFiles = ReadonlyMap<string, string>;

export interface SeenFolder {
  readonly files: SeenFiles;
  /** Whether there are more than are looked at. */
  readonly hasMore: boolean;
}

/**
 * Looks at the files of a folder that definitions may consist of, and reads none. Left out are packages, what is hidden, and
 * `leftOut`, where we store things ourselves. It takes some twenty milliseconds for two thousand files, in which nothing else goes on.
 */
export function lookAtFiles(folder: string, leftOut: string, mostEntries = MOST_ENTRIES): SeenFolder {
  const kept = resolve(folder, leftOut);
  const files = new Map<string, string>();
  const folders = [''];
  let entries = 0;
  for (let at = folders.shift(); at !== undefined; at = folders.shift()) {
    for (const entry of entriesIn(join(folder, at))) {
      const name = at === '' ? entry.name : `${at}/${entry.name}`;
      entries += 1;
      if (entries > mostEntries) return { files, hasMore: true };
      if (entry.isDirectory()) {
        if (isLookedInto(entry.name) && resolve(folder, name) !== kept) folders.push(name);
      } else if (WATCHED.test(name) || name === VARIABLES_FILE) files.set(name, stateOf(join(folder, name)));
    }
  }
  return { files, hasMore: false };
}

/** What was made, saved or deleted between two looks. */
export function changedFiles(before: SeenFiles, after: SeenFiles): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name)).sort(compareFiles);
}

function isLookedInto(name: string): boolean {
  return !name.startsWith('.') && name !== 'node_modules';
}

/** One that went meanwhile has nothing in it. */
function entriesIn(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function stateOf(path: string): string {
  try {
    const { mtimeNs, ctimeNs, size, ino } = statSync(path, { bigint: true });
    return `${mtimeNs} ${ctimeNs} ${size} ${ino}`;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
  }
}
