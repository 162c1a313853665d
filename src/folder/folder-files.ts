import { constants } from 'node:fs';
import { lstat, open, readdir, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';

import type { FolderProblemCode } from '../core/codes.js';
import { wordsOf } from '../core/errors.js';
import type { DefinitionFile, DefinitionKind } from './definition-source.js';
import { compareFiles, START, type FolderProblem, type TextProblem } from './folder-problem.js';

/** Where definitions lie, by what they define. */
const FOLDER_OF = { agent: 'agents', workflow: 'workflows' } as const satisfies Record<DefinitionKind, string>;

const DEFINITION = /\.(?:ya?ml|json|m?[jt]s)$/;
/** Beside definitions there may be what describes and tests them. */
const NO_DEFINITION = /\.(?:d|test|spec)\.m?[jt]s$/;
/** As many as a start could still look through. */
const MOST_FILES = 10_000;
/** Of a definition: more than the longest prompts and the largest workflow take, with comments. */
const MOST_BYTES = 4 * 1024 * 1024;
const MIB = 1024 * 1024;

export interface FoundFiles {
  readonly files: readonly DefinitionFile[];
  readonly problems: readonly FolderProblem[];
}

/**
 * The files of a folder that define something: those of `agents` and `workflows` that are YAML, JSON or modules, not of folders below. One that
 * a symbolic link leads out of the folder is a problem, and not read. Throws what the system says when the folder itself is none.
 */
export async function findFiles(folder: string): Promise<FoundFiles> {
  const root = await realpath(folder);
  await readdir(root);
  const parts = await Promise.all([filesOf(root, 'agent'), filesOf(root, 'workflow')]);
  const files = parts.flatMap((part) => part.files);
  const problems = parts.flatMap((part) => part.problems);
  if (files.length > MOST_FILES) {
    const message = `there are ${files.length} definitions; the most is ${MOST_FILES}`;
    return { files: [], problems: [atFolder('TOO_MANY_FILES', message)] };
  }
  if (files.length > 0 || problems.length > 0) return { files, problems };
  const message =
    'there are no definitions: agents lie in agents, and workflows in workflows, as .yaml, .yml, .json or .ts';
  return { files, problems: [atFolder('FOLDER_EMPTY', message)] };
}

async function filesOf(root: string, kind: DefinitionKind): Promise<FoundFiles> {
  const folder = FOLDER_OF[kind];
  const names = await namesIn(join(root, folder));
  if ('code' in names) return { files: [], problems: [{ file: folder, pointer: '', ...names }] };
  const files: DefinitionFile[] = [];
  const problems: FolderProblem[] = [];
  const isDefinition = (name: string) => DEFINITION.test(name) && !NO_DEFINITION.test(name);
  for (const name of names.filter(isDefinition).sort(compareFiles)) {
    const file = `${folder}/${name}`;
    const path = await pathWithin(root, join(root, folder, name));
    if (typeof path === 'string') files.push({ kind, file, path });
    else problems.push({ file, ...path, pointer: '' });
  }
  return { files, problems };
}

async function namesIn(folder: string): Promise<readonly string[] | TextProblem> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && !(await isLink(folder))) return [];
    return atStart('FILE_UNREADABLE', `it cannot be listed: ${wordsOf(error)}`);
  }
}

/** One that leads nowhere is a mistake, and no empty folder. */
async function isLink(path: string): Promise<boolean> {
  return await lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
}

/** Where a file really is, behind every link, or what is wrong with that. `root` is without links. */
export async function pathWithin(root: string, path: string): Promise<string | TextProblem> {
  try {
    const real = await realpath(path);
    if (isWithin(root, real)) return real;
    return atStart('LINK_LEADS_OUT', 'it is outside of the folder: copy what is meant into the folder');
  } catch (error) {
    return atStart('FILE_UNREADABLE', whyUnreadable(error));
  }
}

function isWithin(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** The text of a file, with line breaks as `\n`; or why there is none. Reads no more than it may have. */
export async function readText(path: string, mostBytes = MOST_BYTES): Promise<string | TextProblem> {
  let bytes: Buffer;
  try {
    const read = await readBytes(path, mostBytes);
    if ('code' in read) return read;
    bytes = read;
  } catch (error) {
    return atStart('FILE_UNREADABLE', whyUnreadable(error));
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll(/\r\n?/g, '\n');
  } catch {
    return atStart('TEXT_INVALID', 'it is no text in UTF-8: save it as that');
  }
}

async function readBytes(path: string, mostBytes: number): Promise<Buffer | TextProblem> {
  // Without waiting: a pipe that nobody writes to would never open.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = await handle.stat();
    if (!found.isFile()) return atStart('FILE_UNREADABLE', 'it is no file');
    if (found.size > mostBytes) return tooLarge(found.size, mostBytes);
    // It may grow meanwhile.
    const room = Buffer.alloc(found.size + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(room, length, room.length - length, length);
      length += bytesRead;
      if (bytesRead === 0 || length === room.length) return room.subarray(0, Math.min(length, found.size));
    }
  } finally {
    await handle.close();
  }
}

function tooLarge(bytes: number, most: number): TextProblem {
  const size = (count: number) => `${Math.ceil((count / MIB) * 10) / 10} MiB`;
  return atStart('FILE_TOO_LARGE', `it has ${size(bytes)}; the most is ${size(most)}`);
}

function whyUnreadable(error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOENT':
      return 'there is no such file';
    case 'ELOOP':
      return 'its symbolic links lead round in a circle';
    case 'EACCES':
      return 'it may not be read: change its permissions';
    case undefined:
    default:
      return `it cannot be read: ${wordsOf(error)}`;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function atStart(code: FolderProblemCode, message: string): TextProblem {
  return { ...START, code, message };
}

function atFolder(code: FolderProblemCode, message: string): FolderProblem {
  return { file: '', ...atStart(code, message), pointer: '' };
}
