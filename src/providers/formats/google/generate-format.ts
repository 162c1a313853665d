import { withoutEndingSlashes } from '../../../core/ending-slashes.js';
import { isJsonObject } from '../../../core/json/json.js';
import { listAt, textAt } from '../../../core/json/json-fields.js';
import { extraBody, googleVersion } from '../../request/request-options.js';
import { apiUrl, type WireFormat } from '../../wire-format.js';
import { GenerateReader } from './generate-chunk.js';
import { planGenerateCall } from './generate-request.js';

/** Google's Gemini API. Its base URL ends before the version, which is an option. */
export const generateFormat: WireFormat = {
  framing: 'event-stream',
  // There is no terminal event, and some models and gateways say STOP with every chunk.
  repeatsReasons: true,
  headers: (_provider, key): Readonly<Record<string, string>> => (key === undefined ? {} : { 'x-goog-api-key': key }),
  call: (request) => {
    const { body, toolNames, warnings } = planGenerateCall(request);
    const reader = new GenerateReader();
    return {
      toolNames,
      warnings,
      send: async (baseUrl, fetch) => {
        const { GoogleGenAI } = await import('@google/genai');
        // The SDK for one call. It refuses to be made without a key, and reads a good part of the environment.
        const client = new GoogleGenAI({
          apiKey: 'none',
          enterprise: false,
          httpOptions: {
            baseUrl: withoutEndingSlashes(baseUrl.href),
            apiVersion: googleVersion(request.provider),
            extraBody: extraBody(request),
            fetch,
          },
        });
        return await client.models.generateContentStream(body);
      },
      read: (chunk) => reader.read(chunk),
      state: () => reader.state,
    };
  },
  modelsUrl: (provider, baseUrl) => apiUrl(baseUrl, `${googleVersion(provider)}/models?pageSize=1000`),
  readModelNames: (list) =>
    listAt(list, 'models')
      .filter(isJsonObject)
      .map((entry) => textAt(entry, 'name').replace(/^models\//, '')),
};
