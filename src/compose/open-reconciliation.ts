import proto from '@temporalio/proto';

import { anotherHome } from '../core/temporal-home.js';
import { CircuitBreakerError } from '../core/errors.js';
import { taskQueues } from '../contract/messages.js';
import type { ReconcileParts } from '../reconcile/reconcile.js';
import type { Storage } from '../storage/storage.js';
import { connectClient, type TemporalClient } from '../temporal/connect.js';
import { KeptByTemporal } from '../temporal/kept-by-temporal.js';
import type { TemporalCluster } from '../temporal/open-temporal.js';
import { homeOf } from '../temporal/refuse-another-home.js';
import { createTemporalGateway, type TemporalGateway } from '../temporal/temporal-gateway.js';
import { claimHome } from './claim-home.js';
import { openBackends, type Backends } from './open-backends.js';
import { elsewhereCluster, openCluster } from './open-cluster.js';
import type { ProcessParts } from './run-process.js';

interface ReconciliationOptions {
  readonly isDryRun: boolean;
  readonly isNamespaceLost: boolean;
}

type Reconciliation = Omit<ReconcileParts, 'onFailure' | 'onProgress'>;

const { TASK_QUEUE_TYPE_WORKFLOW } = proto.temporal.api.enums.v1.TaskQueueType;
const RECORD_PATIENCE_MS = 2000;
const UNCOMPARED =
  'the last process on this data folder was killed, and the next start takes it for closed in order now: run circuit-breaker reconcile without --dry-run';

/**
 * Opens storage and Temporal to compare them. Storage on a server leaves the workers to others; storage in a folder, which one process has at
 * a time, gets Temporal and a worker as a start does. Throws UNAVAILABLE where storage belongs to another Temporal namespace, unless that is
 * said to be lost, where no worker is there to ask, and in a dry run where tables lack a migration: it makes none.
 */
export async function openReconciliation(parts: ProcessParts, options: ReconciliationOptions): Promise<Reconciliation> {
  const { config, resources, ending } = parts;
  const backends = await openBackends(parts, { isOnlyRead: options.isDryRun });
  if (backends.isAfterCrash && options.isDryRun) parts.logger.warn(UNCOMPARED);
  const isFolder = !/^postgres(?:ql)?:/.test(config.storageUrl);
  const cluster = isFolder ? await openCluster(parts) : elsewhereCluster(parts);
  const { client } = await resources.open(
    'the client of Temporal',
    () => connectClient(cluster),
    ({ connection }) => connection.close(),
  );
  const { storage, closeStream } = backends;
  await settleHome(parts, { client, storage, ...options });
  const temporal = createTemporalGateway({
    client,
    taskQueuePrefix: config.taskQueuePrefix,
    executionTimeoutSeconds: config.executionTimeoutSeconds,
    // Which one it is was settled above; a dry run writes down none.
    claimHome: options.isDryRun ? (home) => Promise.resolve(home) : claimHome(storage, config),
  });
  await haveWorker(parts, { client, temporal, cluster, backends: isFolder ? backends : undefined });
  return {
    storage,
    temporal,
    kept: new KeptByTemporal(client, config.taskQueuePrefix),
    closeStream,
    metrics: parts.telemetry.metrics,
    traces: parts.telemetry.traces,
    now: () => new Date().toISOString(),
    patienceMs: RECORD_PATIENCE_MS,
    signal: ending,
  };
}

/** Refuses a namespace that is not the storage's, or makes it so. */
async function settleHome(
  { config }: ProcessParts,
  {
    client,
    storage,
    isDryRun,
    isNamespaceLost,
  }: ReconciliationOptions & Pick<TemporalClient, 'client'> & { readonly storage: Storage },
): Promise<void> {
  const [found, kept] = [await homeOf(client), await storage.temporalHome.get()];
  if (found === undefined || kept === undefined || kept.namespaceId === found.namespaceId) return;
  if (!isNamespaceLost && config.temporal.adoptNamespace !== found.namespaceId) throw anotherHome(kept, found);
  if (!isDryRun) await storage.temporalHome.adopt(found);
}

/** What Temporal has of a token is asked of a worker: runs one where nobody else can. */
async function haveWorker(
  parts: ProcessParts,
  {
    client,
    temporal,
    cluster,
    backends,
  }: Pick<TemporalClient, 'client'> & {
    readonly temporal: TemporalGateway;
    readonly cluster: TemporalCluster;
    readonly backends: Backends | undefined;
  },
): Promise<void> {
  if (!(await temporal.hasAnythingOfOurs())) return;
  if (backends !== undefined) {
    const { runWorker } = await import('./run-worker.js');
    await runWorker({ ...parts, resources: parts.resources.part('the worker') }, cluster, backends);
    return;
  }
  const { main } = taskQueues(parts.config.taskQueuePrefix);
  const { namespace } = client.options;
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: main },
    taskQueueType: TASK_QUEUE_TYPE_WORKFLOW,
  });
  if (pollers.length > 0) return;
  const message = `No worker has asked Temporal for work on the task queue "${main}": start one (circuit-breaker worker). What Temporal has of a token is asked of a worker.`;
  throw new CircuitBreakerError('UNAVAILABLE', message);
}
