import type { Config } from '../config.js';
import { shownAddress } from '../providers/keys/shown-address.js';
import { REAL_MODELS } from './real-models.js';
import type { Running } from './run-everything.js';

/** What someone who started everything wants to know: where it is, where its data is, and which models it can ask. */
export function banner(config: Config, { address, uiUrl }: Running): string {
  const accounts = Object.entries(config.providers.accounts);
  const models = accounts.flatMap(([name, { apiKey, baseUrl }]) =>
    apiKey === undefined && baseUrl === undefined
      ? []
      : [baseUrl === undefined ? name : `${name} at ${shownAddress(baseUrl)}`],
  );
  const rows = [
    ['GraphQL', `${address}/graphql   (IDE: ${address}/graphiql)`],
    ['Streams', `${address}/agent-stream/:executionId   (WebSocket and SSE)`],
    ['Temporal UI', uiUrl ?? `of the cluster at ${config.temporal.address ?? 'TEMPORAL_ADDRESS'}`],
    ['Data', config.storageUrl.startsWith('pglite:') ? config.dataDir : 'PostgreSQL (STORAGE_URL)'],
    ['Models', models.join(', ') || `the mock only; for real ones ${REAL_MODELS}`],
  ];
  return ['API ready', ...rows.map(([name = '', value = '']) => `  ${name.padEnd(12)} ${value}`)].join('\n');
}
