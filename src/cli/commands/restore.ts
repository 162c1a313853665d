import { restoreBackup } from '../../backup/restore-backup.js';
import { runProcess } from '../../compose/run-process.js';
import { CircuitBreakerError } from '../../core/errors.js';
import type { CommandRequest } from '../command.js';
import { neededOperands } from '../operator/needed-operands.js';

/** Makes the data folder of a backup, or nothing. */
export async function restore(request: CommandRequest): Promise<void> {
  await runProcess(
    async ({ config, say }) => {
      const [folder] = neededOperands(request, 'DIR');
      const { dataDir, temporal, storageUrl } = config;
      if (temporal.address !== undefined || !storageUrl.startsWith('pglite:')) {
        const name = temporal.address === undefined ? 'STORAGE_URL' : 'TEMPORAL_ADDRESS';
        const message = `${name} names a server, and a backup is of a data folder: restore without it, and start without it.`;
        throw new CircuitBreakerError('VALIDATION_FAILED', message);
      }
      const { madeAt, version } = await restoreBackup(folder, dataDir);
      say(
        `${dataDir} is as it was at ${madeAt}, when version ${version} made the backup. Start with: DATA_DIR=${dataDir} npx circuit-breaker start`,
      );
    },
    { isTask: true },
  );
}
