import { restoreBackup } from '../../backup/restore-backup.js';
import { runProcess } from '../../compose/run-process.js';
import type { Config } from '../../config.js';
import { CircuitBreakerError } from '../../core/errors.js';
import type { CommandRequest } from '../command.js';
import { neededOperands } from '../operator/needed-operands.js';

/** Makes the data folder of a backup, or nothing. */
export async function restore(request: CommandRequest): Promise<void> {
  await runProcess(
    async ({ config, say }) => {
      const [folder] = neededOperands(request, 'DIR');
      const { dataDir } = config;
      const name = whatIsElsewhere(config);
      if (name !== undefined) {
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

/** The variable by which something lies on a server of its own. */
function whatIsElsewhere({ temporal, storageUrl, agentStorageUrl, streamUrl }: Config): string | undefined {
  if (temporal.address !== undefined) return 'TEMPORAL_ADDRESS';
  if (!storageUrl.startsWith('pglite:')) return 'STORAGE_URL';
  if (agentStorageUrl !== undefined) return 'AGENT_STORAGE_URL';
  return streamUrl === storageUrl ? undefined : 'STREAM_URL';
}
