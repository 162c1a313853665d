import { allInOrder } from './all-in-order.js';
import { compareAfterCrash } from './compare-after-crash.js';
import { tellTallies } from './open-alerts.js';
import { openBackends } from './open-backends.js';
import { openCluster } from './open-cluster.js';
import type { ProcessParts } from './run-process.js';
import type { RunningApi } from './run-api.js';
import type { RunningWorker } from './run-worker.js';

export interface Running extends RunningWorker, RunningApi {
  readonly uiUrl: string | undefined;
}

/**
 * Temporal, a worker and the API in this process, what can be side by side. Resolves when all of it is ready. However they
 * came up, they are closed in one order: the API first, then the worker, then what both work with.
 */
export async function runEverything(parts: ProcessParts): Promise<Running> {
  // Storage first: where another process of ours has the data folder, that is what a user has to hear. The modules last:
  // while they are evaluated nothing else goes on in this process, but Temporal's server does in its own.
  const [backends, cluster, { runWorker }, { runApi }] = await allInOrder([
    openBackends(parts),
    openCluster(parts),
    import('./run-worker.js'),
    import('./run-api.js'),
  ]);
  tellTallies(parts, backends.storage);
  const [ofWorker, ofApi] = [partOf(parts, 'the worker'), partOf(parts, 'the API')];
  const [worker, api] = await allInOrder([runWorker(ofWorker, cluster, backends), runApi(ofApi, cluster, backends)]);
  if (backends.isAfterCrash) await compareAfterCrash(parts, { cluster, backends, temporal: worker.temporal });
  return { ...worker, ...api, uiUrl: cluster.uiUrl };
}

function partOf(parts: ProcessParts, name: string): ProcessParts {
  return { ...parts, resources: parts.resources.part(name) };
}
