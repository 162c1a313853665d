import { CHAT, GENERATE, MESSAGES, OLLAMA, RESPONSES, type WireUnderTest } from '../contract/wire-under-test.js';

export const event = (data: unknown) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
export const line = (data: unknown) => `${JSON.stringify(data)}\n`;
export const BUSY = { code: 503, message: 'The model is overloaded. Please try again later.', status: 'UNAVAILABLE' };

const ENDS: Readonly<Record<string, (reason: string | null) => string>> = {
  [CHAT.name]: (reason) => event({ choices: [{ index: 0, delta: {}, finish_reason: reason }] }) + event('[DONE]'),
  [MESSAGES.name]: (reason) =>
    event({ type: 'message_delta', delta: { stop_reason: reason } }) + event({ type: 'message_stop' }),
  [GENERATE.name]: (reason) => event({ candidates: [{ finishReason: reason }] }),
  [OLLAMA.name]: (reason) => line({ message: { content: '' }, done: true, done_reason: reason }),
  [RESPONSES.name]: (reason) => event({ type: 'response.incomplete', response: { incomplete_details: { reason } } }),
};
/** The end of an answer with a reason of the server's own. */
export const endOf = (wire: WireUnderTest, reason: string | null) => ENDS[wire.name]?.(reason) ?? '';
