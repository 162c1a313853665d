import type { Dispatcher } from 'undici';

import { readCredentials } from '../../../src/providers/keys/read-credentials.js';
import type { ModelBatches, OwnBatch } from '../../../src/providers/model-batches.js';
import { priceTable } from '../../../src/providers/pricing/price-table.js';
import { BATCH_PROVIDERS, type BatchProviders } from './batch-providers.js';
import { BATCH_KEY } from './batch-server.js';

const PRICE = { inputUsdPerMillion: 2, outputUsdPerMillion: 20 };

/** Where it may go first. */
export async function placed(batch: OwnBatch, models: ModelBatches) {
  const [account] = await models.accounts(batch);
  return { ...batch, account };
}

/** What the batches of such providers are made of. */
export function batchDependencies({ baseUrls }: BatchProviders, dispatcher: Dispatcher, apiKeys = BATCH_KEY) {
  const [openai, anthropic, google] = BATCH_PROVIDERS.map((type) => ({ apiKeys, baseUrl: baseUrls[type] }));
  const accounts = { openai: openai ?? {}, anthropic: anthropic ?? {}, google: google ?? {} };
  const prices = priceTable({ 'openai/m': PRICE, 'anthropic/m': PRICE, 'google/m': PRICE });
  return { credentials: readCredentials({ accounts, credentials: {} }), dispatcher, prices };
}
