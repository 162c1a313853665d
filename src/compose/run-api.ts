import { Server as TlsServer } from 'node:tls';
import { fileURLToPath } from 'node:url';

import { settledExecution } from '../reconcile/cut-off.js';
import { followTlsFiles, readTlsFiles, type TlsIdentity } from '../api/connections/tls-files.js';
import { OpenStreams } from '../api/connections/open-streams.js';
import { Stays } from '../api/access/stays.js';
import { OriginPolicy } from '../api/access/origin-policy.js';
import { TrustedProxies } from '../api/access/trusted-proxies.js';
import { Turns } from '../api/graphql/answers/turns.js';
import { createServer } from '../api/server.js';
import { AlertFeed } from '../api/alerts/alert-feed.js';
import { TokenFeed } from '../api/token-events/token-feed.js';
import { createTemporalGateway } from '../temporal/temporal-gateway.js';
import { CircuitBreakerError } from '../core/errors.js';
import { mayName } from '../http/forbidden-address.js';
import { readCredentials } from '../providers/keys/read-credentials.js';
import { rememberedDirectory } from '../providers/directory/remembered-directory.js';
import { StreamReader } from '../streams/reading/reader.js';
import { connectClient } from '../temporal/connect.js';
import { payloadEncryption } from '../temporal/data-converter.js';
import type { TemporalCluster } from '../temporal/open-temporal.js';
import { portTaken } from '../temporal/ports.js';
import { ensureSearchAttributes } from '../temporal/search-attributes.js';
import type { Backends } from './open-backends.js';
import { apiAddress } from './api-address.js';
import { claimHome } from './claim-home.js';
import { dataFolderBackup } from './data-folder-backup.js';
import { openAlerts } from './open-alerts.js';
import { openAudit } from './open-audit.js';
import { openAccess } from './open-access.js';
import { measuredSweeping } from './measured-sweeping.js';
import { observeApi } from './observe-api.js';
import { openDirectory } from './open-directory.js';
import { privateHosts } from './private-hosts.js';
import { retentionTimes } from './retention-times.js';
import type { ProcessParts } from './run-process.js';
import { serverFacts } from './server-facts.js';
import { tracedViewers } from './traced-viewers.js';

/** Where `npm run build` puts it, also for a process that runs the sources. */
const IDE = fileURLToPath(new URL('../../dist/assets/graphiql', import.meta.url));

export interface RunningApi {
  readonly address: string;
  /** What happens to tokens, wherever they are worked on. */
  readonly feed: TokenFeed;
}

/** Runs the API of this process. Resolves when it listens. */
export async function runApi(parts: ProcessParts, cluster: TemporalCluster, backends: Backends): Promise<RunningApi> {
  const { config, logger, logLevel, resources } = parts;
  const { metrics, traces } = parts.telemetry;
  const { storage, streams, schemas, closeStream } = backends;
  const audit = openAudit(parts, storage);
  const doorkeeper = await openAccess(parts);
  const stays = new Stays(doorkeeper);
  resources.add('the look at those who stay', () => {
    stays.end();
  });
  const tls = config.tls === undefined ? {} : { tls: readTlsFiles(config.tls) };
  const { client, connection } = await connectClient(cluster, traces);
  resources.add('the connection of the API', () => connection.close());
  await ensureSearchAttributes(connection, cluster.namespace);
  const { taskQueuePrefix, executionTimeoutSeconds } = config;
  const home = { claimHome: claimHome(storage, config) };
  const temporal = createTemporalGateway({ client, taskQueuePrefix, executionTimeoutSeconds, ...home });
  const now = () => new Date().toISOString();
  const cutOff = { storage, temporal, closeStream, metrics, traces, now };
  const reader = new StreamReader({
    log: streams,
    lookup: { find: (id) => settledExecution(cutOff, id), finish: closeStream },
    bufferSize: config.streamBufferSize,
    logger,
    ...(traces.isOn ? { onViewer: tracedViewers(traces, storage.executions) } : {}),
  });
  observeApi(metrics, { reader, storage });
  const feed = new TokenFeed({ tokens: storage.tokens, logger });
  const feeds = { feed, alertFeed: new AlertFeed({ alerts: storage.alerts, logger, now: Date.now }) };
  const providers = rememberedDirectory(openDirectory(parts, storage.providerKeys));
  const allowed = privateHosts(config, readCredentials(config.providers, config.secrets));
  const payloadCipher = payloadEncryption(cluster.payloadKeys);
  const uiUrl = payloadCipher && cluster.uiUrl;
  const origins = new OriginPolicy(config.corsOrigins, { servesEveryHost: doorkeeper.isLocked, uiUrl });
  const own = { openStreams: new OpenStreams(), turns: new Turns(), logLevel };
  const facts = await serverFacts(config, cluster);
  const judged = { mayName: (url: URL) => mayName(url, allowed) };
  const proxies = new TrustedProxies(config.trustedProxies);
  const access = { origins, proxies, doorkeeper, audit: audit.log, stays, servesIde: config.access.servesIde };
  const cipher = payloadCipher === undefined ? {} : { payloadCipher };
  const backup = dataFolderBackup(config, cluster, { ...backends, version: facts.version });
  const removing = { closeStream, removeStreams: (ids: readonly string[]) => streams.remove(ids) };
  const serving = { reader, ...feeds, metrics, traces, providers, ...own, facts, ideFolder: IDE, ...removing };
  const app = await createServer(
    { storage, temporal, schemas, now, ...judged, ...access, ...cipher, ...serving, ...tls, ...(backup && { backup }) },
    logger,
  );
  resources.add('the API', () => app.close());
  if (config.tls !== undefined) resources.add('the certificate', followTlsFiles(config.tls, renew(app.server), logger));
  const isLossAccepted = config.temporal.adoptNamespace !== undefined;
  const kept = { expireAudit: audit.expire, ...retentionTimes(config), ...(await openAlerts(parts, storage)) };
  const sweep = { ...cutOff, ...kept, streams, isLossAccepted, logger };
  resources.add('the sweep', measuredSweeping(sweep, config.cleanupIntervalSeconds * 1000, metrics));
  await listen(app, config);
  return { address: apiAddress(config), feed };
}

async function listen(
  app: Awaited<ReturnType<typeof createServer>>,
  { host, port }: ProcessParts['config'],
): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    throw new CircuitBreakerError('UNAVAILABLE', portTaken(port, 'PORT'));
  }
}

/** Shows whoever connects from now on the certificate that it is given. */
function renew(server: object): (identity: TlsIdentity) => void {
  return (identity) => {
    if (server instanceof TlsServer) server.setSecureContext(identity);
  };
}
