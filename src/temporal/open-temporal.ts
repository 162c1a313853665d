import type { TemporalConfig } from '../config.js';
import type { PayloadKey } from '../core/payload-keys.js';
import { runDevServer } from './dev-server.js';
import type { FetchOptions } from './download.js';
import { findTemporalCli, type CliSearch } from './find-temporal-cli.js';

export interface TemporalOptions {
  readonly temporal: TemporalConfig;
  readonly dataDir: string;
  readonly cacheDir: string;
}

/** The Temporal server that a process works with. */
export interface TemporalCluster {
  readonly address: string;
  readonly namespace: string;
  /** Absent where it is not ours to know. */
  readonly uiUrl?: string;
  readonly apiKey?: string;
  readonly tls?: TemporalConfig['tls'];
  /** Encrypt what it stores of ours; none: it is stored in clear. */
  readonly payloadKeys: readonly PayloadKey[];
  /** Stops the server if it is ours. */
  stop(): Promise<void>;
}

/** The configured cluster, or else a dev server on the data folder, which stops with us, or comes to nothing when aborted. */
export async function openTemporal(
  { temporal, dataDir, cacheDir }: TemporalOptions,
  options: FetchOptions,
): Promise<TemporalCluster> {
  if (temporal.address !== undefined) return namedCluster(temporal, temporal.address);
  const { namespace, port, uiPort, programs, payloadKeys } = temporal;
  const cli = await findTemporalCli(cliSearch({ temporal, cacheDir }), options);
  const server = await runDevServer({
    cli,
    namespace,
    port,
    uiPort,
    dataDir,
    environment: programs.forAll,
    ...(options.signal && { signal: options.signal }),
  });
  const { address, uiUrl } = server;
  return { address, namespace, uiUrl, payloadKeys, stop: () => server.stop() };
}

/** Where the program is looked for that runs a dev server. */
export function cliSearch({ temporal, cacheDir }: Omit<TemporalOptions, 'dataDir'>): CliSearch {
  const { cliPath, searchPath, programs } = temporal;
  return { cacheDir, environments: programs, ...(cliPath && { cliPath }), ...(searchPath && { searchPath }) };
}

/** A cluster that somebody else runs. */
export function namedCluster(
  { namespace, apiKey, tls, payloadKeys }: TemporalConfig,
  address: string,
): TemporalCluster {
  const how = { ...(apiKey && { apiKey }), ...(tls && { tls }), payloadKeys };
  return { address, namespace, ...how, stop: () => Promise.resolve() };
}
