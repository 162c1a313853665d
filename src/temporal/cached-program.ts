import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, chmod, constants, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** A program in the cache: its file, and beside it the hash that it had when it was put there. */
export class CachedProgram {
  readonly #cacheDir: string;
  readonly path: string;
  readonly #hashPath: string;

  constructor(cacheDir: string, name: string) {
    this.#cacheDir = cacheDir;
    this.path = join(cacheDir, name);
    this.#hashPath = `${this.path}.sha256`;
  }

  /** Whether it is there as it was put there; one that was cut or changed is not. */
  async isWhole(): Promise<boolean> {
    try {
      await access(this.path, constants.X_OK);
      return (await sha256Of(this.path)) === (await readFile(this.#hashPath, 'utf8')).trim();
    } catch {
      return false;
    }
  }

  /**
   * Puts a program into the cache. `make` writes it into a folder of its own and returns its path; it lands by rename,
   * so that another process sees it whole or not at all, and an interrupted one leaves nothing that counts.
   */
  async put(make: (folder: string) => Promise<string>): Promise<void> {
    await mkdir(this.#cacheDir, { recursive: true });
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

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
