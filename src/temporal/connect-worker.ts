import { NativeConnection } from '@temporalio/worker';

import { connectionOptions, orUnavailable } from './connect.js';
import type { TemporalCluster } from './open-temporal.js';

/** Throws UNAVAILABLE when the cluster does not answer. By itself, since an API does without the worker's native code. */
export async function connectWorker(cluster: TemporalCluster): Promise<NativeConnection> {
  return await orUnavailable(cluster, NativeConnection.connect(await connectionOptions(cluster)));
}
