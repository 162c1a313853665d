import { constants } from 'node:fs';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { PGlite } from '@electric-sql/pglite';

import { CircuitBreakerError, wordsOf } from '../../core/errors.js';
import { makeDirectory } from '../../make-directory.js';
import { ServerWatch } from '../server-watch.js';
import { lockFolder, type FolderLock } from './folder-lock.js';
import { sqlError } from './sql-error.js';
import type { SqlConnection, SqlListener, SqlStatement } from './sql-connection.js';

interface FolderFacts {
  readonly logger: { warn(facts: object, message: string): void };
  readonly folder: string;
  readonly isAfterCrash: boolean;
}

/** Where `pg_control` says how the database stands, and what it says of one that was shut down. */
const STATE_OFFSET = 16;
const SHUT_DOWN = 1;

/** PostgreSQL in this process, on a folder that no other process may open. */
export class PgliteConnection implements SqlConnection {
  readonly #database: PGlite;
  readonly #lock: FolderLock;
  readonly #folder: string;
  readonly #watch: ServerWatch;
  readonly outlivesProcess = false;
  readonly isAfterCrash: boolean;

  private constructor(database: PGlite, lock: FolderLock, { folder, isAfterCrash, logger }: FolderFacts) {
    this.#database = database;
    this.#lock = lock;
    this.#folder = folder;
    this.#watch = new ServerWatch({ place: folder, logger });
    this.isAfterCrash = isAfterCrash;
  }

  /** Throws UNAVAILABLE when another process has the folder, or it cannot be written to. The first start of a folder takes a few seconds. */
  static async open(folder: string, { logger }: Pick<FolderFacts, 'logger'>): Promise<PgliteConnection> {
    const lock = await takeFolder(folder);
    try {
      const isAfterCrash = await wasInUse(folder);
      return new PgliteConnection(await PGlite.create(folder), lock, { folder, isAfterCrash, logger });
    } catch (error) {
      await lock.release();
      const reason = wordsOf(error);
      const advice = 'Restore it from a backup, or set DATA_DIR to a new folder.';
      throw new CircuitBreakerError('UNAVAILABLE', `The data folder ${folder} cannot be opened (${reason}). ${advice}`);
    }
  }

  async query<Row extends object>(statement: SqlStatement): Promise<readonly Row[]> {
    return await this.#watch.over(this.#query<Row>(statement));
  }

  async #query<Row extends object>({ text, values }: SqlStatement): Promise<readonly Row[]> {
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
    this.#watch.end();
    await this.#database.close();
    await this.#lock.release();
  }
}

/** Whether there is a database that nobody has shut down. */
async function wasInUse(folder: string): Promise<boolean> {
  const control = await readFile(join(folder, 'global', 'pg_control')).catch(() => undefined);
  return control !== undefined && control.length > STATE_OFFSET + 4 && control.readInt32LE(STATE_OFFSET) !== SHUT_DOWN;
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
