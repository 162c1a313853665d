import type { TemporalConfig } from '../config.js';
import type { PayloadKey } from '../core/payload-keys.js';
import { runDevServer, type DevServer, type DevServerOptions } from './dev-server.js';
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
  /** Of its UI; absent where nobody says so. */
  readonly uiUrl?: string;
  /** What named its address; absent: it is ours, or at the standard place. */
  readonly addressFrom?: string;
  readonly apiKey?: string;
  readonly tls?: TemporalConfig['tls'];
  /** Headers of each request. */
  readonly metadata?: TemporalConfig['metadata'];
  /** Encrypt what it stores of ours; none: it is stored in clear. */
  readonly payloadKeys: readonly PayloadKey[];
  /** Absent: it is not ours. As `DevServer` says. */
  readonly copyTo?: DevServer['copyTo'];
  /** Stops the server if it is ours. */
  stop(): Promise<void>;
}

/** The configured cluster, or else a dev server on the data folder, which stops with us, or comes to nothing when aborted. */
export async function openTemporal(
  { temporal, dataDir, cacheDir }: TemporalOptions,
  { codecEndpoint, ...options }: FetchOptions & Pick<DevServerOptions, 'codecEndpoint'>,
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
    codecEndpoint,
    ...(options.signal && { signal: options.signal }),
  });
  return {
    address: server.address,
    namespace,
    ...uiOf(temporal),
    payloadKeys,
    copyTo: (folder, meanwhile) => server.copyTo(folder, meanwhile),
    stop: () => server.stop(),
  };
}

/** Where the program is looked for that runs a dev server. */
export function cliSearch({ temporal, cacheDir }: Omit<TemporalOptions, 'dataDir'>): CliSearch {
  const { cliPath, searchPath, programs } = temporal;
  return { cacheDir, environments: programs, ...(cliPath && { cliPath }), ...(searchPath && { searchPath }) };
}

/** A cluster that somebody else runs. */
export function namedCluster(temporal: TemporalConfig, address: string): TemporalCluster {
  const { namespace, apiKey, tls, metadata, origins, payloadKeys } = temporal;
  const { address: addressFrom } = origins;
  const secrets = { ...(apiKey && { apiKey }), ...(tls && { tls }), ...(metadata && { metadata }) };
  const how = { ...secrets, ...(addressFrom && { addressFrom }), payloadKeys };
  return { address, namespace, ...uiOf(temporal), ...how, stop: () => Promise.resolve() };
}

/** Where Temporal's UI is: where somebody says so, else at its port of this machine unless the cluster is elsewhere. */
export function uiOf({ uiUrl, address, uiPort }: TemporalConfig): Pick<TemporalCluster, 'uiUrl'> {
  if (uiUrl !== undefined) return { uiUrl };
  return address === undefined ? { uiUrl: `http://localhost:${uiPort}` } : {};
}
