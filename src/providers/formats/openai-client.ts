import type { OpenAI } from 'openai';
import type { LlmProvider } from '../../core/agents/agent.js';
import { isJsonObject, type JsonObject } from '../../core/json/json.js';
import { listAt, textAt } from '../../core/json/json-fields.js';
import { LONGEST_TIMER_MS } from '../connection/longest-timer.js';
import { textOption } from '../request/request-options.js';
import { apiUrl, type WireFetch, type WireFormat } from '../wire-format.js';

/**
 * OpenAI's SDK for one call: it makes the request and sends it over `fetch`. It refuses to be made without a key; the
 * guard sends the real one, where there is one. With `apiVersion` it speaks to Azure, where `deployment` is part of
 * the path and the base URL ends before `/openai`. The SDK is loaded when it is first needed: each costs a worker's start
 * 100 to 350 ms and 10 to 25 MB.
 */
export async function openAiClient(provider: LlmProvider, baseUrl: URL, fetch: WireFetch): Promise<OpenAI> {
  const sdk = await import('openai');
  const quiet = {
    apiKey: 'none',
    organization: null,
    project: null,
    webhookSecret: null,
    fetch,
    maxRetries: 0,
    timeout: LONGEST_TIMER_MS,
    logLevel: 'off',
  } as const;
  const apiVersion = textOption(provider, 'apiVersion');
  if (apiVersion === undefined) return new sdk.OpenAI({ ...quiet, adminAPIKey: null, baseURL: baseUrl.href });
  const deployment = textOption(provider, 'deployment');
  const azure = { ...quiet, apiVersion, baseURL: apiUrl(baseUrl, 'openai').href };
  return new sdk.AzureOpenAI(deployment === undefined ? azure : { ...azure, deployment });
}

/** Key and model list, which all of OpenAI's APIs have in common. */
export const openAiAccount: Pick<WireFormat, 'headers' | 'modelsUrl' | 'readModelNames'> = {
  headers: (provider, key): Readonly<Record<string, string>> => {
    if (key === undefined) return {};
    return textOption(provider, 'apiVersion') === undefined ? { authorization: `Bearer ${key}` } : { 'api-key': key };
  },
  modelsUrl: (provider, baseUrl) => {
    const apiVersion = textOption(provider, 'apiVersion');
    if (apiVersion === undefined) return apiUrl(baseUrl, 'models');
    return apiUrl(baseUrl, `openai/models?api-version=${encodeURIComponent(apiVersion)}`);
  },
  readModelNames: (list: JsonObject) =>
    listAt(list, 'data')
      .filter(isJsonObject)
      .map((entry) => textAt(entry, 'id')),
};
