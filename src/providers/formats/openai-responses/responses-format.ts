import { openAiAccount, openAiClient } from '../openai-client.js';
import type { WireFormat } from '../../wire-format.js';
import { ResponsesReader } from './responses-event.js';
import { planResponsesCall } from './responses-request.js';

/** The Responses API, which OpenAI's own models are at their best with. */
export const responsesFormat: WireFormat = {
  ...openAiAccount,
  framing: 'event-stream',
  call: (request) => {
    const { body, toolNames, warnings } = planResponsesCall(request);
    const reader = new ResponsesReader();
    return {
      toolNames,
      warnings,
      send: async (baseUrl, fetch) =>
        await (await openAiClient(request.provider, baseUrl, fetch)).responses.create(body),
      read: (event) => reader.read(event),
      state: () => reader.state,
    };
  },
};
