import type { Config } from '../config.js';
import type { Running } from './run-everything.js';

/** What someone who started everything wants to know: where it is, where its data is, and which models it can ask. */
export function banner(config: Config, { address, uiUrl }: Running): string {
  const { openaiApiKey, openaiBaseUrl } = config.providers;
  const provider = openaiBaseUrl ?? (openaiApiKey === undefined ? undefined : 'api.openai.com');
  const rows = [
    ['GraphQL', `${address}/graphql   (IDE: ${address}/graphiql)`],
    ['Streams', `${address}/agent-stream/:executionId   (WebSocket and SSE)`],
    ['Temporal UI', uiUrl ?? `of the cluster at ${config.temporal.address ?? 'TEMPORAL_ADDRESS'}`],
    ['Data', config.storageUrl.startsWith('pglite:') ? config.dataDir : 'PostgreSQL (STORAGE_URL)'],
    ['Models', provider ?? 'the mock only: set OPENAI_API_KEY or OPENAI_BASE_URL for real ones'],
  ];
  return ['API ready', ...rows.map(([name = '', value = '']) => `  ${name.padEnd(12)} ${value}`)].join('\n');
}
