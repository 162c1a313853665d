import { isLocked, type Config } from '../config.js';
import { shownAddress } from '../core/secrets.js';
import type { ProcessParts } from './run-process.js';
import type { Running } from './run-everything.js';
import { shownModels } from './server-facts.js';
import { shownLimits } from './shown-limits.js';

/** What somebody at a terminal reads meanwhile: it takes some seconds. */
export const STARTING = 'Starting Temporal, storage, a worker and the API …';

/** What someone who started everything wants to know: where it is, where its data is, and which models it can ask. */
export function banner(
  { config, telemetry }: Pick<ProcessParts, 'config' | 'telemetry'>,
  { address, uiUrl, ownTools, mcpServers }: Running,
): string {
  const { traced } = config.telemetry;
  const rows = [
    ['Page', `${address}/   (what runs, the newest tokens)`],
    ['GraphQL', `${address}/graphql${config.access.servesIde ? `   (IDE: ${address}/graphiql)` : ''}`],
    ['Streams', `${address}/agent-stream/:executionId   (WebSocket and SSE)`],
    ['Temporal UI', uiUrl ?? `of the cluster at ${config.temporal.address ?? 'TEMPORAL_ADDRESS'}`],
    ...(telemetry.scrapedAt === undefined ? [] : [['Metrics', `${telemetry.scrapedAt}   (Prometheus)`]]),
    ...(traced === undefined ? [] : [['Traces', `to ${shownAddress(traced.collector.url)}   (OpenTelemetry)`]]),
    ['Access', shownAccess(config)],
    ['Limits', shownLimits(config)],
    ['Data', config.storageUrl.startsWith('pglite:') ? config.dataDir : 'PostgreSQL (STORAGE_URL)'],
    ['Models', shownModels(config)],
    ...(config.toolsDir === undefined ? [] : [['Tools', `${ownTools} in ${config.toolsDir}`]]),
    ...(mcpServers === 0 ? [] : [['MCP servers', `${mcpServers} in ${config.mcpConfig.path}`]]),
  ];
  return ['API ready', ...rows.map(([name = '', value = '']) => `  ${name.padEnd(12)} ${value}`)].join('\n');
}

/** Who is let in. */
function shownAccess({ access }: Config): string {
  const { token, tokensFile, signOn } = access;
  if (!isLocked(access)) return 'anybody on this machine (AGENT_ACCESS_TOKEN shuts the doors)';
  const named = [token === undefined ? undefined : 'AGENT_ACCESS_TOKEN', tokensFile, signOn?.issuer];
  return `whoever shows a token (${named.filter((one) => one !== undefined).join(', ')})`;
}
