import { constants } from 'node:fs';
import { cp } from 'node:fs/promises';

import { PGlite } from '@electric-sql/pglite';

import { CircuitBreakerError, wordsOf } from '../../core/errors.js';
import { makeDirectory } from '../../make-directory.js';
import { lockFolder, type FolderLock } from './folder-lock.js';
import { sqlError } from './sql-error.js';
import type { SqlConnection, SqlListener, SqlStatement } from './sql-connection.js';

/** PostgreSQL in this process, on a folder that no other process may open. */
export class PgliteConnection implements SqlConnection {
  readonly #database: PGlite;
  readonly #lock: FolderLock;
  readonly #folder: string;
  readonly outlivesProcess = false;

  private constructor(database: PGlite, lock: FolderLock, folder: string) {
    this.#database = database;
    this.#lock = lock;
    this.#folder = folder;
  }

  /** Throws UNAVAILABLE when another process has the folder, or it cannot be written to. The first start of a folder takes a few seconds. */
  static async open(folder: string): Promise<PgliteConnection> {
    const lock = await takeFolder(folder);
    try {
      return new PgliteConnection(await PGlite.create(folder), lock, folder);
    } catch (error) {
      await lock.release();
      const reason = wordsOf(error);
      const advice = 'Restore it from a backup, or set DATA_DIR to a new folder.';
      throw new CircuitBreakerError('UNAVAILABLE', `The data folder ${folder} cannot be opened (${reason}). ${advice}`);
    }
  }

  async query<Row extends object>({ text, values }: SqlStatement): Promise<readonly Row[]> {
    try {
      return (await this.#database.query<Row>(text, [...values])).rows;
    } catch (error) {
      throw this.#database.closed
        ? new CircuitBreakerError('UNAVAILABLE', `${this.#folder} is closed.`)
        : sqlError(error, this.#folder);
    }
  }

  listen(channel: string, { onNotify, onConnect }: SqlListener): () => void {
    const listening = this.#database.listen(channel, onNotify).then((stop) => {
      onConnect();
      return stop;
    });
    // Fails only when the database closes meanwhile: then there is nothing to stop.
    const stopped = () => listening.then((stop) => stop()).catch(() => undefined);
    return () => {
      void stopped();
    };
  }

  /** Statements wait meanwhile. */
  readonly copyTo = async (folder: string): Promise<void> => {
    await this.query({ text: 'checkpoint', values: [] });
    await this.#database.runExclusive(() =>
      cp(this.#folder, folder, { recursive: true, mode: constants.COPYFILE_FICLONE }),
    );
  };

  async close(): Promise<void> {
    await this.#database.close();
    await this.#lock.release();
  }
}

/** Makes the folder where there is none. */
async function takeFolder(folder: string): Promise<FolderLock> {
  try {
    await makeDirectory(folder);
    return await lockFolder(folder);
  } catch (error) {
    if (error instanceof CircuitBreakerError) throw error;
    const advice = 'Make it writable for this user, or set DATA_DIR to another folder.';
    throw new CircuitBreakerError(
      'UNAVAILABLE',
      `The data folder ${folder} cannot be used (${wordsOf(error)}). ${advice}`,
    );
  }
}
