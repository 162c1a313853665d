import { openAiAccount, openAiClient } from '../openai-client.js';
import type { WireFormat } from '../../wire-format.js';
import { ChatReader } from './chat-chunk.js';
import { planChatCall } from './chat-request.js';

/** Chat Completions, the API of OpenAI that others copy. */
export const chatFormat: WireFormat = {
  ...openAiAccount,
  framing: 'event-stream',
  call: (request) => {
    const { body, toolNames, warnings } = planChatCall(request);
    const reader = new ChatReader();
    return {
      toolNames,
      warnings,
      send: async (baseUrl, fetch) =>
        await (await openAiClient(request.provider, baseUrl, fetch)).chat.completions.create(body),
      read: (chunk) => reader.read(chunk),
      state: () => reader.state,
    };
  },
};
