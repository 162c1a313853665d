import { randomUUID } from 'node:crypto';
import { link, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

interface Writing {
  /** Whether it may take the place of one that is there; otherwise such a one makes it throw EEXIST. */
  readonly overwrites?: boolean;
  /** Who may read it, as the file system has it. */
  readonly mode?: number;
}

/** Writes a file whole or not at all, so that nobody ever reads a part of it. Its folder must be there. */
export async function writeWhole(
  path: string,
  content: string | Uint8Array,
  { overwrites = false, mode }: Writing = {},
): Promise<void> {
  const beside = join(dirname(path), `.${randomUUID()}.tmp`);
  try {
    await writeFile(beside, content, { flag: 'wx', ...(mode === undefined ? {} : { mode }) });
    await (overwrites ? rename(beside, path) : link(beside, path));
  } finally {
    await rm(beside, { force: true });
  }
}
