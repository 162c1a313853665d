import { cp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { makeDirectory } from '../make-directory.js';
import { checkedContents, CONTENTS_FILE, type BackupContents } from './backup-contents.js';
import { refuseFullFolder } from './refuse-full-folder.js';

/**
 * Makes a data folder of a backup. It is there when this resolves, and not at all otherwise. Throws ALREADY_EXISTS where the data folder has
 * anything in it, VALIDATION_FAILED where the backup is none, a part of one, damaged or newer than this version.
 */
export async function restoreBackup(backup: string, dataDir: string): Promise<BackupContents> {
  await refuseFullFolder(dataDir, 'Set DATA_DIR to a folder that is not there yet, or move that one away.');
  const contents = await checkedContents(backup);
  const incoming = join(dirname(dataDir), `.${basename(dataDir)}.${process.pid}.restoring`);
  await makeDirectory(dirname(dataDir));
  try {
    await cp(backup, incoming, { recursive: true });
    await rm(join(incoming, CONTENTS_FILE));
    // An empty folder gives way; one that has got something in it meanwhile does not.
    await rename(incoming, dataDir);
  } finally {
    await rm(incoming, { recursive: true, force: true });
  }
  return contents;
}
