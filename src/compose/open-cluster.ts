import { namedCluster, openTemporal, type TemporalCluster } from '../temporal/open-temporal.js';
import type { ProcessParts } from './run-process.js';

/** The Temporal server of this process: the configured cluster, or a dev server that starts and stops with us. */
export async function openCluster({ config, resources, say, ending }: ProcessParts): Promise<TemporalCluster> {
  const open = () => openTemporal(config, { report: say, signal: ending });
  return await resources.open('Temporal', open, (cluster) => cluster.stop());
}

/** The Temporal server that another process runs: the configured one, else one at the standard port of this machine. */
export function elsewhereCluster({ config }: ProcessParts): TemporalCluster {
  const { temporal } = config;
  return namedCluster(temporal, temporal.address ?? `127.0.0.1:${temporal.port}`);
}
