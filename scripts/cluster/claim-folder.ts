import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { lockFolder } from '../../src/backends/postgres/folder-lock.js';
import { ProcessRecord } from './process-record.js';

interface ClaimedFolder {
  /** Of what this cluster starts. */
  readonly record: ProcessRecord;
  /** Lets go of the folder: all that was started has ended. */
  readonly release: () => Promise<void>;
}

/**
 * Makes a folder the one of this process's cluster. What a cluster that was killed left running, by the record that it kept
 * there, is ended first; nothing else is. Throws, in one line, when another cluster runs on it.
 */
export async function claimFolder(folder: string): Promise<ClaimedFolder> {
  // Servers that run as somebody else have to come through it; what is in it is shut.
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o711);
  const lock = await lockFolder(folder, 'Stop that one (Ctrl-C), or name another folder with --data.');
  try {
    return { record: await ProcessRecord.open(join(folder, 'processes.json')), release: () => lock.release() };
  } catch (error) {
    await lock.release();
    throw error;
  }
}
