import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { z } from 'zod';

import { CircuitBreakerError } from '../core/errors.js';

/** What a backup says of itself, in a file that is written last: a folder without it is none, or a part of one. */
export const CONTENTS_FILE = 'backup.json';

/** Grows when an older version could not restore what a newer one has written. */
const FORMAT = 1;

const CONTENTS = z.object({
  format: z.number().int().positive(),
  /** Of the product that made it. */
  version: z.string(),
  /** RFC 3339. */
  madeAt: z.string(),
  files: z.array(z.object({ path: z.string(), size: z.number().int().nonnegative(), sha256: z.string() })),
});

export type BackupContents = z.infer<typeof CONTENTS>;

/** Writes down what is in the folder, file by file. */
export async function writeContents(folder: string, facts: Pick<BackupContents, 'version' | 'madeAt'>): Promise<void> {
  const files: BackupContents['files'] = [];
  for (const path of await filesOf(folder)) files.push({ path, ...(await factsOf(join(folder, path))) });
  await writeFile(
    join(folder, CONTENTS_FILE),
    `${JSON.stringify({ format: FORMAT, ...facts, files }, undefined, 2)}\n`,
  );
}

/**
 * What a backup says of itself, once every file is as it says. Throws VALIDATION_FAILED, naming the first file that is not, for what is
 * no backup, a part of one, or one that a newer version has made.
 */
export async function checkedContents(folder: string): Promise<BackupContents> {
  const contents = await readContents(folder);
  const there = new Set(await filesOf(folder));
  for (const { path, size, sha256 } of contents.files) {
    if (!there.delete(path)) throw damaged(folder, `${path} is missing`);
    const found = await factsOf(join(folder, path));
    if (found.size !== size) throw damaged(folder, `${path} has ${found.size} bytes, and had ${size}`);
    if (found.sha256 !== sha256) throw damaged(folder, `${path} is another one than when it was made`);
  }
  const [other] = there;
  if (other !== undefined) throw damaged(folder, `${other} was not in it when it was made`);
  return contents;
}

async function readContents(folder: string): Promise<BackupContents> {
  const path = join(folder, CONTENTS_FILE);
  const text = await readFile(path, 'utf8').catch(() => {
    throw invalid(`${folder} is no backup, or only a part of one: it has no ${CONTENTS_FILE}.`);
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalid(`${path} is no JSON: the backup is damaged.`);
  }
  const { success, data } = CONTENTS.safeParse(json);
  if (!success) throw invalid(`${path} is not what a backup says of itself: the backup is damaged.`);
  if (data.format <= FORMAT) return data;
  throw invalid(
    `${folder} was made by version ${data.version}, which is newer than this one: restore it with that one.`,
  );
}

/** All files but the one that names them, with `/` on every system, in the order of their names. */
async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, sep).length).replaceAll(sep, '/'))
    .filter((path) => path !== CONTENTS_FILE)
    .toSorted();
}

async function factsOf(path: string): Promise<{ readonly size: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return { size: (await stat(path)).size, sha256: hash.digest('hex') };
}

function damaged(folder: string, what: string): CircuitBreakerError {
  return invalid(`The backup in ${folder} is damaged: ${what}. Nothing was restored; take another backup.`);
}

function invalid(message: string): CircuitBreakerError {
  return new CircuitBreakerError('VALIDATION_FAILED', message);
}
