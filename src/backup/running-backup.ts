import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import { CircuitBreakerError } from '../core/errors.js';
import { writeContents } from './backup-contents.js';

export interface BackupParts {
  /** Has room for a copy of everything. */
  readonly dataDir: string;
  readonly version: string;
  readonly now: () => string;
  /** Copies all that is stored into an empty folder, as it is at one moment. */
  readonly copyTo: (folder: string) => Promise<void>;
}

const PREFIX = 'backup-';

/** Makes backups of what goes on meanwhile: one at a time, each by a copy in the data folder that is gone when it has been read. */
export class RunningBackup {
  readonly #parts: BackupParts;
  #isBusy = false;

  constructor(parts: BackupParts) {
    this.#parts = parts;
  }

  /**
   * All of it as a tar archive. The copy is made when this resolves: what is acknowledged before it is asked for is in it. Throws UNAVAILABLE
   * while another one is read, or where the disk has no room for the copy.
   */
  async read(): Promise<Readable> {
    if (this.#isBusy) {
      throw new CircuitBreakerError('UNAVAILABLE', 'Another backup is being made: come again when that is done.');
    }
    this.#isBusy = true;
    const { dataDir, version, copyTo, now } = this.#parts;
    let folder: string | undefined;
    const isDone = async () => {
      try {
        if (folder !== undefined) await rm(folder, { recursive: true, force: true });
      } finally {
        this.#isBusy = false;
      }
    };
    try {
      await removeLeftCopies(dataDir);
      folder = await mkdtemp(join(dataDir, PREFIX));
      const madeAt = now();
      await copyTo(folder);
      await writeContents(folder, { version, madeAt });
      // Few processes ever make one: it is loaded by those.
      const { create } = await import('tar');
      return Readable.from(create({ cwd: folder, portable: true }, ['.'])).once('close', () => void isDone());
    } catch (error) {
      await isDone();
      throw withRoom(error);
    }
  }
}

/** Of a process that was killed while it made one. */
async function removeLeftCopies(dataDir: string): Promise<void> {
  const left = (await readdir(dataDir)).filter((name) => name.startsWith(PREFIX));
  for (const name of left) await rm(join(dataDir, name), { recursive: true, force: true });
}

function withRoom(error: unknown): unknown {
  const isFull = error instanceof Error && 'code' in error && error.code === 'ENOSPC';
  if (!isFull) return error;
  const message =
    'The disk of the data folder (DATA_DIR) has no room for a copy of it, which a backup needs meanwhile.';
  return new CircuitBreakerError('UNAVAILABLE', message);
}
