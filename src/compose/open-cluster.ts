import { CODEC_ENDPOINT } from '../api/connections/codec-paths.js';
import { isLocked, type Config } from '../config.js';
import { namedCluster, openTemporal, type TemporalCluster } from '../temporal/open-temporal.js';
import { apiAddress } from './api-address.js';
import type { ProcessParts } from './run-process.js';

/** The Temporal server of this process: the configured cluster, or a dev server that starts and stops with us. */
export async function openCluster({ config, resources, say, ending }: ProcessParts): Promise<TemporalCluster> {
  const open = () => openTemporal(config, { report: say, signal: ending, codecEndpoint: codecEndpoint(config) });
  return await resources.open('Temporal', open, (cluster) => cluster.stop());
}

/** The Temporal server that another process runs: the configured one, else one at the standard port of this machine. */
export function elsewhereCluster({ config }: ProcessParts): TemporalCluster {
  const { temporal } = config;
  return namedCluster(temporal, temporal.address ?? `127.0.0.1:${temporal.port}`);
}

/** Where the UI of our own dev server has payloads decrypted. It knows no user whose token it could show, so it is told of no locked door. */
function codecEndpoint(config: Config): string | undefined {
  if (config.temporal.payloadKeys.length === 0 || isLocked(config.access)) return undefined;
  return `${apiAddress(config)}${CODEC_ENDPOINT}`;
}
