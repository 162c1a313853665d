import { execFile } from 'node:child_process';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MIB = Buffer.alloc(1024 * 1024, 'x');

/** A file system in memory of a size of its own, mounted on a folder that is there. */
export class SmallDisk {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async mount(folder: string, sizeMib: number, owner = { uid: 0, gid: 0 }): Promise<SmallDisk> {
    const options = `size=${sizeMib}m,mode=0700,uid=${owner.uid},gid=${owner.gid}`;
    await run('mount', ['-t', 'tmpfs', '-o', options, 'circuit-breaker-test', folder]);
    return new SmallDisk(folder);
  }

  /** Until not one byte more can be written. */
  async fill(): Promise<void> {
    const file = await open(this.#ballast, 'a');
    try {
      for (let bytes = MIB; bytes.length > 0;) {
        const isFull = await file.write(bytes).then(
          () => false,
          () => true,
        );
        if (isFull) bytes = bytes.subarray(0, Math.floor(bytes.length / 2));
      }
    } finally {
      await file.close();
    }
  }

  async free(): Promise<void> {
    await rm(this.#ballast, { force: true });
  }

  /** Also while something on it is still open. */
  async unmount(): Promise<void> {
    await run('umount', ['--lazy', this.#folder]);
  }

  get #ballast(): string {
    return join(this.#folder, 'ballast');
  }
}

/** Whether a test can have a disk of its own to fill. With CI=true it must: then it fails instead of being skipped. */
export async function canMountDisks(): Promise<boolean> {
  if (process.env['CI'] === 'true') return true;
  const isPossible = await run('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt']).then(
    () => true,
    () => false,
  );
  if (!isPossible) console.warn('Skipped: no file system may be mounted here (run the tests as root, on Linux).');
  return isPossible;
}
