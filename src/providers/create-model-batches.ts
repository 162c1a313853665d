import type { LlmProvider } from '../core/agents/agent.js';
import { isBatched, type BatchedProvider } from '../core/agents/delivery.js';
import { batchUsd } from '../core/executions/cost.js';
import { ModelError } from '../core/executions/model-error.js';
import type { StoredAnswer } from '../core/executions/stored-answer.js';
import type { ModelEvent, ModelRequest } from '../core/executions/turn.js';
import type { WebAccess } from '../http/web-access.js';
import type { BatchApi } from './batch/batch-api.js';
import { BatchConnection } from './batch/batch-connection.js';
import { openAiBatches } from './batch/openai-batches.js';
import { answeringWith, Catcher } from './batch/stand-ins.js';
import type { Exchange } from './connection/exchange.js';
import type { LanguageModel } from './language-model.js';
import { resolveEndpoints } from './keys/endpoint.js';
import type { ModelBatches, OwnBatch, SubmittedBatch } from './model-batches.js';
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

const APIS: Readonly<Record<BatchedProvider, BatchApi>> = { openai: openAiBatches };

/** The batches of every provider that has them. One per process. */
export function createModelBatches(dependencies: BatchDependencies): ModelBatches {
  const { credentials, web, prices, keyStore: _marks, onRest: _told, ...apart } = dependencies;
  const over = (exchange: Exchange): LanguageModel =>
    // What a line says of its key is hours old: no call of now goes by it.
    new StreamedModel(({ provider }, baseUrl) => wireFormatOf(provider, baseUrl), { ...apart, credentials, exchange });
  const accounts = ({ provider }: Pick<OwnBatch, 'provider'>, signal: AbortSignal) =>
    resolveEndpoints(provider, credentials).map((endpoint): Account => {
      const format = wireFormatOf(provider, endpoint.baseUrl);
      return { id: endpoint.id, connection: new BatchConnection(dependencies, { provider, format, endpoint, signal }) };
    });
  const reach = ({ providerBatchId, ...batch }: SubmittedBatch, signal: AbortSignal) => {
    const [id = '', ...own] = providerBatchId.split(':');
    const account = accounts(batch, signal).find((one) => one.id === id);
    if (account === undefined) throw new ModelError('auth', 'The key that submitted the batch is not set any more.');
    return { api: apiOf(batch.provider), connection: account.connection, id: own.join(':') };
  };
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
      return prices === undefined ? model : new PricedModel(model, cheaper(prices));
    },
    find: async (batch, signal) =>
      await firstOf(accounts(batch, signal), (connection) => apiOf(batch.provider).find(connection, batch)),
    submit: async (batch, lines, signal) => {
      const api = apiOf(batch.provider);
      const id = await firstOf(accounts(batch, signal), (connection) => api.submit(connection, batch, lines));
      if (id !== undefined) return id;
      throw new ModelError('server', 'The provider took no batch.');
    },
    look: async (batch, signal) => {
      const { api, connection, id } = reach(batch, signal);
      return await api.look(connection, id);
    },
    results: (batch, results, signal) => {
      const { api, connection, id } = reach(batch, signal);
      return api.results(connection, id, results);
    },
  };
}

/** One of the keys of a provider, at one of its addresses. */
interface Account {
  readonly id: string;
  readonly connection: BatchConnection;
}

/**
 * The batch that the first account gives which has one, with the account in front of its id: only that sees it. An account that is refused
 * as such stands back for the others; throws why, where all are.
 */
async function firstOf(
  accounts: readonly Account[],
  ask: (connection: BatchConnection) => Promise<string | undefined>,
): Promise<string | undefined> {
  const refusals: ModelError[] = [];
  for (const { id, connection } of accounts) {
    try {
      const batch = await ask(connection);
      if (batch !== undefined) return `${id}:${batch}`;
    } catch (error) {
      if (!(error instanceof ModelError) || (error.code !== 'auth' && error.code !== 'quota')) throw error;
      refusals.push(error);
    }
  }
  const [refusal] = refusals;
  if (refusal !== undefined && refusals.length === accounts.length) throw refusal;
  return undefined;
}

function apiOf({ type }: LlmProvider): BatchApi {
  if (isBatched(type)) return APIS[type];
  throw new ModelError('invalid_request', `The ${type} provider has no batches.`);
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

function cheaper(prices: PriceTable): PriceTable {
  return {
    costOf: (provider, usage) => {
      const cost = prices.costOf(provider, usage);
      return cost === undefined ? undefined : batchUsd(cost);
    },
  };
}
