import { withoutEndingSlashes } from '../../../core/ending-slashes.js';
import { isJsonObject } from '../../../core/json/json.js';
import { listAt, textAt } from '../../../core/json/json-fields.js';
import { apiUrl, type WireFormat } from '../../wire-format.js';
import { OllamaReader } from './ollama-chunk.js';
import { planOllamaCall } from './ollama-request.js';

/** Ollama's own API, which says more of its models than its imitation of OpenAI's. */
export const ollamaFormat: WireFormat = {
  framing: 'json-lines',
  // A server at home wants no key; one behind a proxy, or Ollama's own in the cloud, wants this.
  headers: (_provider, key): Readonly<Record<string, string>> =>
    key === undefined ? {} : { authorization: `Bearer ${key}` },
  call: (request) => {
    const { body, toolNames, warnings } = planOllamaCall(request);
    const reader = new OllamaReader();
    return {
      toolNames,
      warnings,
      send: async (baseUrl, fetch) => {
        const { Ollama } = await import('ollama/browser');
        return await new Ollama({ host: withoutEndingSlashes(baseUrl.href), fetch }).chat(body);
      },
      read: (chunk) => reader.read(chunk),
      state: () => reader.state,
    };
  },
  modelsUrl: (_provider, baseUrl) => apiUrl(baseUrl, 'api/tags'),
  readModelNames: (list) =>
    listAt(list, 'models')
      .filter(isJsonObject)
      .map((entry) => textAt(entry, 'name')),
};
