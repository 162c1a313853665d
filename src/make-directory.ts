import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder, and those above it that are missing. One that is there is left as it is. Throws what the system says. Not by Node's
 * own recursive `mkdir`: where nothing can be made in a folder that is there, as in /proc, that tries for ever, on a thread that nobody ends.
 */
export async function makeDirectory(path: string): Promise<void> {
  const missing: string[] = [];
  for (let at = resolve(path); !(await made(at)); at = dirname(at)) missing.push(at);
  for (const at of missing.reverse()) if (!(await made(at))) await mkdir(at);
}

/** Whether the folder is there now; not, where one above it is missing. */
async function made(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (isMissing(error) && dirname(path) !== path) return false;
    if (await isFolder(path)) return true;
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
