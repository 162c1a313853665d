import { join } from 'node:path';

import { RunningBackup } from '../backup/running-backup.js';
import type { Config } from '../config.js';
import type { TemporalCluster } from '../temporal/open-temporal.js';
import type { Backends } from './open-backends.js';

type Stored = Pick<Config, 'dataDir' | 'storageUrl' | 'streamUrl' | 'agentStorageUrl'>;

/** What a backup is made of, where all that is stored lies in the data folder of this process. */
export function dataFolderBackup(
  { dataDir, storageUrl, streamUrl, agentStorageUrl }: Stored,
  { copyTo: copyTemporal }: Pick<TemporalCluster, 'copyTo'>,
  { copyTo: copyStorage, version }: Pick<Backends, 'copyTo'> & { readonly version: string },
): RunningBackup | undefined {
  const storage = 'storage';
  if (copyTemporal === undefined || copyStorage === undefined) return undefined;
  if (agentStorageUrl !== undefined || streamUrl !== storageUrl) return undefined;
  if (storageUrl !== `pglite:${join(dataDir, storage)}`) return undefined;
  // Storage last: where it knows of more than Temporal, that is decided again; where it knew of less, that would be lost.
  const copyTo = (folder: string) => copyTemporal(folder, () => copyStorage(join(folder, storage)));
  return new RunningBackup({ dataDir, version, now: () => new Date().toISOString(), copyTo });
}
