import type { BatchedProvider } from '../../../src/core/agents/delivery.js';
import { AnthropicBatchServer } from './anthropic-batch-server.js';
import { BATCH_KEY, OTHER_BATCH_KEY, type BatchServer } from './batch-server.js';
import { GoogleBatchServer } from './google-batch-server.js';
import { OpenAiBatchServer } from './openai-batch-server.js';

export const BATCH_PROVIDERS = ['openai', 'anthropic', 'google'] as const satisfies readonly BatchedProvider[];

/** A server for each provider that has batches. */
export interface BatchProviders extends Readonly<Record<BatchedProvider, BatchServer>> {
  readonly openai: OpenAiBatchServer;
  readonly servers: readonly BatchServer[];
  readonly baseUrls: Readonly<Record<BatchedProvider, string>>;
  /** Of credentials: addresses with the keys that they take. */
  readonly accounts: Readonly<Record<BatchedProvider, { readonly apiKeys: string; readonly baseUrl: string }>>;
  stop(): Promise<void>;
}

export async function startBatchProviders(): Promise<BatchProviders> {
  const [openai, anthropic, google] = [new OpenAiBatchServer(), new AnthropicBatchServer(), new GoogleBatchServer()];
  const servers = [openai, anthropic, google];
  const [first = '', second = '', third = ''] = await Promise.all(servers.map((server) => server.start()));
  const baseUrls = { openai: first, anthropic: second, google: third };
  const account = (baseUrl: string) => ({ apiKeys: `${BATCH_KEY},${OTHER_BATCH_KEY}`, baseUrl });
  return {
    ...{ openai, anthropic, google, servers, baseUrls },
    accounts: { openai: account(first), anthropic: account(second), google: account(third) },
    stop: async () => {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}
