import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { answerKeyText, type AskedFor } from '../../../src/core/executions/answer-key.js';
import type { ModelRequest, RequestMessage } from '../../../src/core/executions/turn.js';

const SAID: RequestMessage = { role: 'user', content: 'Review: tides' };
const REQUEST: ModelRequest = {
  provider: { type: 'openai', model: 'm', headers: { 'x-team': 'a' }, options: { seed: 1, extraBody: { a: 1, b: 2 } } },
  llmConfig: { temperature: 0.5, maxTokens: 10 },
  messages: [{ role: 'system', content: 'You review.' }, SAID],
  tools: [],
  outputSchema: { type: 'object', required: ['said'] },
  timeoutMs: 1000,
  strictParameters: false,
};
const ASKED: AskedFor = { request: REQUEST, schema: { type: 'object' }, sharers: 'agent:a', digest: (text) => text };
const keyOf = (fields: Partial<AskedFor> = {}) => answerKeyText({ ...ASKED, ...fields });
const ofRequest = (fields: Partial<ModelRequest>) => keyOf({ request: { ...REQUEST, ...fields } });
const ofMessage = (fields: Partial<RequestMessage>) => ofRequest({ messages: [{ ...SAID, ...fields }] });

describe('the key of an answer', () => {
  it('is the same whether its provider keeps prompts: that changes the bill alone', () => {
    const { provider } = REQUEST;
    for (const promptCaching of [true, false]) {
      expect(ofRequest({ provider: { ...provider, options: { ...provider.options, promptCaching } } })).toBe(keyOf());
    }
    expect(ofRequest({ promptsOf: 'reviewer You review.' })).toBe(keyOf());
  });

  it('is another one for whatever changes what is asked, of whom, how, or among whom answers are shared', () => {
    const { provider, llmConfig, messages } = REQUEST;
    const linked = { type: 'linked', url: 'https://pictures.example.com/a.png' } as const;
    const keys = [
      keyOf(),
      keyOf({ sharers: 'workflow:a' }),
      keyOf({ schema: { type: 'array' } }),
      keyOf({ schema: undefined }),
      ofRequest({ provider: { ...provider, model: 'n' } }),
      ofRequest({ provider: { ...provider, type: 'custom' } }),
      ofRequest({ provider: { ...provider, baseUrl: 'https://models.example.com' } }),
      ofRequest({ provider: { ...provider, headers: { 'x-team': 'b' } } }),
      ofRequest({ provider: { ...provider, credential: 'CREDENTIAL_B' } }),
      ofRequest({ provider: { ...provider, options: { seed: 2 } } }),
      ofRequest({ llmConfig: { ...llmConfig, temperature: 0.6 } }),
      ofRequest({ llmConfig: { ...llmConfig, stopSequences: [] } }),
      ofRequest({ outputSchema: { type: 'object' } }),
      ofRequest({ strictParameters: true }),
      ofRequest({ messages: messages.toReversed() }),
      ofMessage({}),
      ofMessage({ content: 'Review: tides ' }),
      ofMessage({ role: 'system' }),
      ofMessage({ pictures: [linked] }),
      ofMessage({ pictures: [{ type: 'inline', mediaType: 'image/png', data: 'AAAA' }] }),
      ofMessage({ pictures: [{ type: 'inline', mediaType: 'image/png', data: 'BBBB' }] }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('is the same whoever asks, when, and with how much time, and in whatever order members come', () => {
    const marks = { timestamp: '2026-11-30T00:00:00.000Z', executionId: 'e', turn: 1 };
    const marked = REQUEST.messages.map((message) => ({ ...message, ...marks }));
    expect(ofRequest({ timeoutMs: 5, fetchingFor: 'e', attempt: 3, messages: marked })).toBe(keyOf());
    const options = { extraBody: { b: 2, a: 1 }, seed: 1 };
    expect(ofRequest({ provider: { ...REQUEST.provider, options } })).toBe(keyOf());
  });

  it('is never the same for two lists of messages that differ, wherever texts are cut', () => {
    const messages = fc.array(fc.record({ role: fc.constantFrom('user', 'assistant'), content: fc.string() }), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(messages, messages, (some, others) => {
        const isSame = JSON.stringify(some) === JSON.stringify(others);
        expect(ofRequest({ messages: some }) === ofRequest({ messages: others })).toBe(isSame);
      }),
      { numRuns: 200 },
    );
  });
});
