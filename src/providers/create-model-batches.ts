import type { LlmProvider } from '../core/agents/agent.js';
import { isBatched, type BatchedProvider } from '../core/agents/delivery.js';
import { batchCostOf } from '../core/executions/cost.js';
import { ModelError } from '../core/executions/model-error.js';
import type { StoredAnswer } from '../core/executions/stored-answer.js';
import type { ModelEvent, ModelRequest } from '../core/executions/turn.js';
import type { WebAccess } from '../http/web-access.js';
import { anthropicBatches } from './batch/anthropic-batches.js';
import type { BatchApi } from './batch/batch-api.js';
import { BatchAccounts, fromAll } from './batch/batch-accounts.js';
import { googleBatches } from './batch/google-batches.js';
import { openAiBatches } from './batch/openai-batches.js';
import { answeringWith, Catcher } from './batch/stand-ins.js';
import type { Exchange } from './connection/exchange.js';
import { withOneKey } from './keys/host-bound-keys.js';
import type { LanguageModel } from './language-model.js';
import { ownIdIn, type FoundBatch, type ModelBatches, type SoughtBatch, type SubmittedBatch } from './model-batches.js';
import { PictureFetchingModel } from './picture-fetching-model.js';
import type { PriceTable } from './pricing/price-table.js';
import { PricedModel } from './pricing/priced-model.js';
import type { ProviderDependencies } from './provider-dependencies.js';
import { StreamedModel } from './streamed-model.js';
import { wireFormatOf } from './wire-formats.js';

interface BatchDependencies extends ProviderDependencies {
  /** Fetches pictures where a provider does not; absent: they are refused. */
  readonly web?: WebAccess;
  /** Of streams. Absent: nobody says what a call cost. */
  readonly prices?: PriceTable;
}

/** The batches of every provider that has them. One per process. */
export function createModelBatches(dependencies: BatchDependencies): ModelBatches {
  const { credentials, web, prices, keyStore: _marks, onRest: _told, ...apart } = dependencies;
  // With one key of several, since the answer of a line stays as it is; and what it says of the key is hours old: no call of now goes by it.
  const alone = { ...apart, credentials: withOneKey(credentials) };
  const over = (exchange: Exchange): LanguageModel =>
    new StreamedModel(({ provider }, baseUrl) => wireFormatOf(provider, baseUrl), { ...alone, exchange });
  const accounts = new BatchAccounts(dependencies);
  const apiOf = batchApis();
  const reach = (batch: SubmittedBatch, signal: AbortSignal) => ({
    api: apiOf(batch.provider),
    ...accounts.reach(batch, signal),
  });
  return {
    request: async (request, signal) => {
      const catcher = new Catcher();
      const model = over(catcher.exchange);
      const seeing = web === undefined ? model : new PictureFetchingModel(model, web);
      await spoken(seeing, request, signal).catch((error: unknown) => {
        if (catcher.caught === undefined) throw error;
      });
      const { caught } = catcher;
      if (caught === undefined) throw new ModelError('invalid_request', 'The provider of the agent makes no request.');
      return apiOf(request.provider).batched(caught);
    },
    answering: (answer) => {
      const model = answer.type === 'failed' ? failing(answer) : withoutPictures(over(answeringWith(answer)));
      return prices === undefined
        ? model
        : new PricedModel(model, { costOf: batchCostOf((provider, usage) => prices.costOf(provider, usage)) });
    },
    find: (batch, signal) => findAmong(accounts, apiOf(batch.provider), { batch, signal }),
    accounts: (batch) => accounts.open(batch),
    submit: async (batch, lines, signal) => {
      const { id, connection } = accounts.at(batch, signal);
      try {
        const own = await apiOf(batch.provider).submit(connection, batch, lines);
        accounts.took(batch);
        return `${id}:${own}`;
      } catch (error) {
        if (error instanceof ModelError) await accounts.refused(batch, error);
        throw error;
      }
    },
    look: async (batch, signal) => {
      const { api, connection, id } = reach(batch, signal);
      return await api.look(connection, id);
    },
    results: (batch, results, signal) => {
      const { api, connection, id } = reach(batch, signal);
      return api.results(connection, id, results);
    },
    cancel: async (batch, signal) => {
      const { api, connection, id } = reach(batch, signal);
      await api.cancel(connection, id);
    },
  };
}

/** Where it is not known which account it went to it may be with each of them. */
async function findAmong(
  accounts: BatchAccounts,
  api: BatchApi,
  { batch, signal }: { readonly batch: SoughtBatch; readonly signal: AbortSignal },
): Promise<FoundBatch> {
  const others = batch.others.map(ownIdIn);
  const { account } = batch;
  const asked = account === undefined ? accounts.of(batch, signal) : [accounts.at({ ...batch, account }, signal)];
  return await fromAll(asked, ({ connection }) => api.find(connection, { ...batch, others }));
}

function batchApis(): (provider: LlmProvider) => BatchApi {
  const apis: Readonly<Record<BatchedProvider, BatchApi>> = {
    openai: openAiBatches,
    anthropic: anthropicBatches(),
    google: googleBatches,
  };
  return ({ type }) => {
    if (isBatched(type)) return apis[type];
    throw new ModelError('invalid_request', `The ${type} provider has no batches.`);
  };
}

async function spoken(model: LanguageModel, request: ModelRequest, signal: AbortSignal): Promise<void> {
  for await (const _event of model.stream(request, signal)) return;
}

/** They were sent with the request, and what reads the answer asks for none. */
function withoutPictures(model: LanguageModel): LanguageModel {
  return {
    stream: (request, signal) => {
      const messages = request.messages.map(({ pictures: _sent, ...message }) => message);
      return model.stream({ ...request, messages }, signal);
    },
  };
}

function failing({ code, message }: Extract<StoredAnswer, { type: 'failed' }>): LanguageModel {
  return {
    // eslint-disable-next-line @typescript-eslint/require-await, require-yield -- a call that fails before its first event
    stream: async function* (): AsyncGenerator<ModelEvent, void, undefined> {
      throw new ModelError(code, message);
    },
  };
}
