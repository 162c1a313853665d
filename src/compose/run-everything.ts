import { openBackends } from './open-backends.js';
import { openCluster } from './open-cluster.js';
import { runApi } from './run-api.js';
import type { ProcessParts } from './run-process.js';
import { runWorker } from './run-worker.js';

export interface Running {
  /** Of the API. */
  readonly address: string;
  readonly uiUrl: string | undefined;
}

/** Temporal, a worker and the API in this process. Resolves when all of it is ready. */
export async function runEverything(parts: ProcessParts): Promise<Running> {
  // Storage first: where another process of ours has the data folder, that is what a user has to hear.
  const backends = await openBackends(parts);
  const cluster = await openCluster(parts);
  await runWorker(parts, cluster, backends);
  const address = await runApi(parts, cluster, backends);
  return { address, uiUrl: cluster.uiUrl };
}
