import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, chmod, constants, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { makeDirectory } from '../make-directory.js';

/**
 * A program in the cache: its file, and beside it the hash that it had when it was put there, and which size and time the
 * file had when that was last found true. To hash so many megabytes takes as long as to start the program.
 */
export class CachedProgram {
  readonly #cacheDir: string;
  readonly path: string;
  readonly #hashPath: string;
  readonly #foundTruePath: string;

  constructor(cacheDir: string, name: string) {
    this.#cacheDir = cacheDir;
    this.path = join(cacheDir, name);
    this.#hashPath = `${this.path}.sha256`;
    this.#foundTruePath = `${this.#hashPath}.true-of`;
  }

  /** Whether it is there as it was put there; one that was cut or changed is not. */
  async isWhole(): Promise<boolean> {
    try {
      await access(this.path, constants.X_OK);
      const hash = (await readFile(this.#hashPath, 'utf8')).trim();
      const claim = `${hash} ${await markOf(this.path)}`;
      if ((await readFile(this.#foundTruePath, 'utf8').catch(() => '')) === claim) return true;
      if ((await sha256Of(this.path)) !== hash) return false;
      // Whoever may not write here looks again next time.
      await writeFile(this.#foundTruePath, claim).catch(() => undefined);
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Puts a program into the cache. `make` writes it into a folder of its own and returns its path; it lands by rename,
   * so that another process sees it whole or not at all, and an interrupted one leaves nothing that counts.
   */
  async put(make: (folder: string) => Promise<string>): Promise<void> {
    await makeDirectory(this.#cacheDir);
    const folder = await mkdtemp(join(this.#cacheDir, 'incoming-'));
    try {
      const made = await make(folder);
      await chmod(made, 0o755);
      const hashFile = join(folder, 'sha256');
      await writeFile(hashFile, await sha256Of(made));
      // The hash goes last: a program without its hash is not taken.
      await rm(this.#hashPath, { force: true });
      await rename(made, this.path);
      await rename(hashFile, this.#hashPath);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** What a file does not change without changing this. */
async function markOf(path: string): Promise<string> {
  const { size, mtimeMs } = await stat(path);
  return `${size} ${mtimeMs}`;
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
