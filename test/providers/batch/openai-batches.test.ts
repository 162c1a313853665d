import { describe, expect, it } from 'vitest';

import { openAiBatches } from '../../../src/providers/batch/openai-batches.js';
import { createModelBatches } from '../../../src/providers/create-model-batches.js';
import { readCredentials } from '../../../src/providers/keys/read-credentials.js';
import { createDispatcher } from '../../../src/providers/connection/dispatcher.js';
import { aProvider, aRequest, collect, finishOf, textOf } from '../../support/model-request.js';
import { THIS_MACHINE } from '../../support/this-machine.js';

const SIGNAL = new AbortController().signal;
const credentials = readCredentials({ accounts: { openai: { apiKey: 'sk-1' } }, credentials: {} });
const batches = createModelBatches({
  credentials,
  dispatcher: createDispatcher({ connectionTimeoutMs: 1000, privateHosts: THIS_MACHINE }),
});
const openai = aRequest({ provider: { type: 'openai', model: 'gpt-4o', headers: {}, options: {} } });

describe('a request for a batch of OpenAI', () => {
  it('says what a stream would say, and asks for no stream', async () => {
    const { path, body } = await batches.request(openai, SIGNAL);
    expect(path).toBe('/v1/responses');
    const sent = JSON.parse(body) as object;
    expect(sent).toMatchObject({ model: 'gpt-4o' });
    expect(sent).not.toHaveProperty('stream');
    expect(body).not.toContain('sk-1');
  });

  it('goes to the chat completions of servers that have no responses, wherever their API begins', () => {
    const url = new URL('https://gateway.example/openai/v1/chat/completions');
    const caught = { url, body: '{"model":"m","stream":true,"stream_options":{"include_usage":true}}' };
    expect(openAiBatches.batched(caught)).toEqual({ path: '/v1/chat/completions', body: '{"model":"m"}' });
  });

  it('is refused before it is sent where it cannot be', async () => {
    const mock = aRequest({ provider: aProvider({ type: 'mock' }) });
    await expect(batches.request(mock, SIGNAL)).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

describe('an answer of a batch of OpenAI', () => {
  const body = JSON.stringify({
    object: 'response',
    status: 'completed',
    output: [{ type: 'message', content: [{ type: 'output_text', text: 'Fine.' }] }],
    usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 },
  });

  it('is read as a stream would be', async () => {
    const answer = { type: 'answered', status: 200, requestId: 'req_1', body } as const;
    const events = await collect(batches.answering(answer), openai);
    expect(textOf(events)).toBe('Fine.');
    expect(finishOf(events)).toMatchObject({ providerRequestId: 'req_1', usage: { totalTokens: 5 } });
  });

  it.each([
    [401, 'auth'],
    [429, 'rate_limit'],
    [500, 'server'],
  ] as const)('with status %i is %s', async (status, code) => {
    const answer = { type: 'answered', status, requestId: '', body: '{"error":{"message":"No."}}' } as const;
    await expect(collect(batches.answering(answer), openai)).rejects.toMatchObject({ code });
  });

  it('that is nothing is no answer', async () => {
    const answer = { type: 'answered', status: 200, requestId: '', body: '{}' } as const;
    await expect(collect(batches.answering(answer), openai)).rejects.toMatchObject({
      name: 'ModelError',
    });
  });
});
