import { tellTallies } from '../../compose/open-alerts.js';
import { openBackends } from '../../compose/open-backends.js';
import { elsewhereCluster } from '../../compose/open-cluster.js';
import { runProcess } from '../../compose/run-process.js';
import { runWorker } from '../../compose/run-worker.js';
import { withTelemetry } from '../../compose/with-telemetry.js';
import { serveWorkerHealth } from '../../compose/worker-health.js';

/** A Temporal worker process. The Temporal server is elsewhere: TEMPORAL_ADDRESS, or the standard local port. */
export async function worker(): Promise<void> {
  await runProcess(async (given) => {
    const parts = await withTelemetry(given);
    const cluster = elsewhereCluster(parts);
    const backends = await openBackends(parts);
    tellTallies(parts, backends.storage);
    const { temporal } = await runWorker(parts, cluster, backends);
    await serveWorkerHealth(parts, { storage: backends.storage, temporal });
    parts.say(`Worker ready: polling ${parts.config.taskQueuePrefix} at ${cluster.address}`);
  });
}
