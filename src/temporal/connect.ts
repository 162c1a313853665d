import {
  Client,
  Connection,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
  type TLSConfig,
} from '@temporalio/client';

import { CircuitBreakerError } from '../core/errors.js';
import { Traces } from '../telemetry/traces.js';
import { clientDataConverter } from './data-converter.js';
import type { TemporalCluster } from './open-temporal.js';
import { tlsConfig } from './pem-sources.js';
import { RenewedChannel } from './renewed-channel.js';
import { refusalOfTls } from './refusal-of-tls.js';
import { traceCalls } from './trace-calls.js';

const CONNECT_TIMEOUT_MS = 5000;
const FIRST_RETRY_MS = 50;
/**
 * A connection that a firewall on the way has forgotten is noticed after the two together. Servers end the connection of those who ask more
 * often than every 10 s.
 */
const KEEP_ALIVE_EVERY_MS = 11_000;
const KEEP_ALIVE_WITHIN_MS = 4000;

export interface TemporalClient {
  readonly client: Client;
  readonly connection: Connection;
}

/** What it asks for is part of `traces`. Throws UNAVAILABLE when the cluster does not answer. The connection mends itself when the server was away. */
export async function connectClient(cluster: TemporalCluster, traces = Traces.off()): Promise<TemporalClient> {
  const connectTimeout = CONNECT_TIMEOUT_MS;
  const channelArgs = {
    channelFactoryOverride: (...channel: ConstructorParameters<typeof RenewedChannel>) =>
      new RenewedChannel(...channel),
    'grpc.keepalive_permit_without_calls': 1,
    'grpc.keepalive_time_ms': KEEP_ALIVE_EVERY_MS,
    'grpc.keepalive_timeout_ms': KEEP_ALIVE_WITHIN_MS,
  };
  const own = { channelArgs, connectTimeout, interceptors: [retryingSoon()] };
  const options = { ...(await connectionOptions(cluster)), ...own };
  const connection = await orUnavailable(cluster, Connection.connect(options));
  const { namespace, payloadKeys } = cluster;
  const dataConverter = clientDataConverter(payloadKeys);
  const interceptors = traces.isOn ? { workflow: [traceCalls(traces)] } : {};
  return { connection, client: new Client({ connection, namespace, dataConverter, interceptors }) };
}

/** A server that is asked for too much at once takes more in a moment: the SDK would wait for seconds first. */
function retryingSoon(): ReturnType<typeof makeGrpcRetryInterceptor> {
  return makeGrpcRetryInterceptor(defaultGrpcRetryOptions({ initialIntervalMs: () => FIRST_RETRY_MS }));
}

/** Turns whatever kept a cluster from being reached into UNAVAILABLE, with what to do. */
export async function orUnavailable<Result>(cluster: TemporalCluster, connecting: Promise<Result>): Promise<Result> {
  try {
    return await connecting;
  } catch (error) {
    const { address, addressFrom = 'TEMPORAL_ADDRESS' } = cluster;
    const refusal = await refusalOfTls(await connectionOptions(cluster));
    if (refusal !== undefined) {
      throw new CircuitBreakerError(
        'UNAVAILABLE',
        `The Temporal server at ${address} and we do not agree on TLS: ${refusal}`,
      );
    }
    const reason = error instanceof Error ? error.message : String(error);
    const advice = `Is it running? ${addressFrom} says where it is; leave it out and \`npm start\` runs one.`;
    throw new CircuitBreakerError(
      'UNAVAILABLE',
      `The Temporal server at ${address} does not answer (${reason}). ${advice}`,
    );
  }
}

/** Where a cluster is and how it is spoken to, as clients and workers take it. */
export async function connectionOptions({ address, apiKey, tls, metadata }: TemporalCluster) {
  // The SDK would take a key alone for a wish for TLS.
  const secured: TLSConfig | false = tls === undefined ? false : await tlsConfig(tls);
  return { address, tls: secured, ...(apiKey && { apiKey }), ...(metadata && { metadata }) };
}
