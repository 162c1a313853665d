import type { Anthropic } from '@anthropic-ai/sdk';
import { withoutEndingSlashes } from '../../../core/ending-slashes.js';
import { isJsonObject } from '../../../core/json/json.js';
import { listAt, textAt } from '../../../core/json/json-fields.js';
import { LONGEST_TIMER_MS } from '../../connection/longest-timer.js';
import { apiUrl, type WireFetch, type WireFormat } from '../../wire-format.js';
import { MessagesReader } from './messages-event.js';
import { planMessagesCall } from './messages-request.js';

const API_VERSION = '2023-06-01';

/** Anthropic's Messages API. Its base URL ends before `/v1`. */
export const messagesFormat: WireFormat = {
  framing: 'event-stream',
  headers: (_provider, key) => ({
    'anthropic-version': API_VERSION,
    ...(key === undefined ? {} : { 'x-api-key': key }),
  }),
  call: (request) => {
    const { body, toolNames, warnings } = planMessagesCall(request);
    const reader = new MessagesReader();
    return {
      toolNames,
      warnings,
      send: async (baseUrl, fetch) => await (await anthropicClient(baseUrl, fetch)).messages.create(body),
      read: (event) => reader.read(event),
      state: () => reader.state,
    };
  },
  modelsUrl: (_provider, baseUrl) => apiUrl(baseUrl, 'v1/models?limit=1000'),
  readModelNames: (list) =>
    listAt(list, 'data')
      .filter(isJsonObject)
      .map((entry) => textAt(entry, 'id')),
};

/**
 * The SDK for one call: it makes the request and sends it over `fetch`. It refuses to be made without a key. Its spans are
 * off: it would make one for each attempt as soon as this process has a tracer, of an answer that it never gets to read.
 */
async function anthropicClient(baseUrl: URL, fetch: WireFetch): Promise<Anthropic> {
  const sdk = await import('@anthropic-ai/sdk');
  return new sdk.Anthropic({
    apiKey: 'none',
    authToken: null,
    baseURL: withoutEndingSlashes(baseUrl.href),
    fetch,
    maxRetries: 0,
    timeout: LONGEST_TIMER_MS,
    logLevel: 'off',
    openTelemetry: false,
  });
}
