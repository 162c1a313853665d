import { settleAfterCrash } from '../reconcile/after-a-crash.js';
import { connectClient } from '../temporal/connect.js';
import { KeptByTemporal } from '../temporal/kept-by-temporal.js';
import type { TemporalCluster } from '../temporal/open-temporal.js';
import type { TemporalGateway } from '../temporal/temporal-gateway.js';
import type { Backends } from './open-backends.js';
import type { ProcessParts } from './run-process.js';

interface CrashSurroundings {
  readonly cluster: TemporalCluster;
  readonly backends: Backends;
  readonly temporal: TemporalGateway;
}

const RECORD_PATIENCE_MS = 2000;

/** Begins to compare storage with Temporal, which goes on behind the start: there may be many tokens. */
export async function compareAfterCrash(
  { config, logger, resources, telemetry }: ProcessParts,
  { cluster, backends, temporal }: CrashSurroundings,
): Promise<void> {
  const { client, connection } = await connectClient(cluster);
  const ending = new AbortController();
  const { storage, closeStream } = backends;
  const kept = new KeptByTemporal(client, config.taskQueuePrefix);
  const now = () => new Date().toISOString();
  const { metrics, traces } = telemetry;
  const settling = {
    storage,
    temporal,
    kept,
    closeStream,
    metrics,
    traces,
    logger,
    now,
    patienceMs: RECORD_PATIENCE_MS,
  };
  const { signal } = ending;
  const comparing = client
    .withAbortSignal(signal, () => settleAfterCrash({ ...settling, signal }))
    .catch((error: unknown) => {
      if (signal.aborted) return;
      logger.warn({ err: error }, 'what is stored could not be compared with what Temporal has after the crash');
    })
    .finally(() => connection.close());
  resources.add('the comparison after a crash', async () => {
    ending.abort();
    await comparing;
  });
}
