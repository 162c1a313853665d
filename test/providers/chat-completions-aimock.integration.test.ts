import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dispatcher } from 'undici';
import { createLanguageModel } from '../../src/providers/create-language-model.js';
import { createDispatcher } from '../../src/providers/dispatcher.js';
import type { LanguageModel } from '../../src/providers/language-model.js';
import { readCredentials } from '../../src/providers/read-credentials.js';
import { PROSE_OR_JSON, startAimock, type AimockProcess } from '../support/aimock-process.js';
import { aProvider, aRequest, collect, finishOf, textOf } from '../support/model-request.js';

const SCHEMA = {
  type: 'object',
  properties: { decision: { enum: ['APPROVE', 'REJECT'] }, reason: { type: 'string' } },
};

describe('Chat Completions against an independent server', () => {
  let prose: AimockProcess;
  let scripted: AimockProcess;
  let dispatcher: Dispatcher;
  let model: LanguageModel;

  const asking = (content: string) =>
    aRequest({ provider: aProvider({ baseUrl: scripted.baseUrl }), messages: [{ role: 'user', content }] });

  beforeAll(async () => {
    [prose, scripted] = await Promise.all([
      startAimock({ modulePath: PROSE_OR_JSON, latencyMs: 5 }),
      startAimock({ latencyMs: 20 }),
    ]);
    dispatcher = createDispatcher({ connectionTimeoutMs: 5_000 });
    const hosts = new URL(scripted.baseUrl).host;
    const credentials = readCredentials({ credentials: { CREDENTIAL_AI: 'secret-ai', CREDENTIAL_AI_HOSTS: hosts } });
    model = createLanguageModel({ credentials, dispatcher });
    await scripted.addFixtures([
      { match: { userMessage: 'short' }, response: { content: 'A short answer.' } },
      { match: { userMessage: 'think' }, response: { content: 'Yes.', reasoning: 'Let me see.' } },
      {
        match: { userMessage: 'tool' },
        response: { toolCalls: [{ name: 'search', arguments: { q: 'x' }, id: 'c1' }] },
      },
      { match: { userMessage: 'long' }, response: { content: 'word '.repeat(500) } },
      { match: { userMessage: 'cut' }, response: { content: 'word '.repeat(50) }, truncateAfterChunks: 4 },
      { match: { userMessage: 'hang up' }, response: { content: 'word '.repeat(50) }, disconnectAfterMs: 60 },
      { match: { userMessage: 'cap' }, response: { content: 'word', finishReason: 'length' } },
      { match: { userMessage: 'filter' }, response: { content: 'word', finishReason: 'content_filter' } },
      {
        match: { userMessage: 'busy' },
        response: { error: { message: 'slow down', type: 'rate_limit_error' }, status: 429, retryAfter: 7 },
      },
      {
        match: { userMessage: 'overload' },
        response: { error: { message: 'busy', type: 'overloaded_error' }, status: 529 },
      },
      {
        match: { userMessage: 'broke' },
        response: { error: { message: 'pay', type: 'insufficient_quota' }, status: 429 },
      },
    ]);
  });

  afterAll(async () => {
    await dispatcher.destroy();
    await Promise.all([prose.stop(), scripted.stop()]);
  });

  it('streams the answer and ends in one finish with usage and request id', async () => {
    const events = await collect(model, asking('short'));
    expect(textOf(events)).toBe('A short answer.');
    expect(events.filter(({ type }) => type === 'text').length).toBeGreaterThan(1);
    expect(events.filter(({ type }) => type === 'finish')).toHaveLength(1);
    expect(finishOf(events)).toMatchObject({ stopReason: 'stop', toolCalls: [], warnings: [] });
    expect(finishOf(events).usage.totalTokens).toBeGreaterThan(0);
    expect(finishOf(events).providerRequestId).toMatch(/./);
  });

  it('passes reasoning on apart from the text', async () => {
    const events = await collect(model, asking('think'));
    const reasoning = events.map((event) => (event.type === 'reasoning' ? event.text : '')).join('');
    expect([reasoning, textOf(events)]).toEqual(['Let me see.', 'Yes.']);
  });

  it('gathers tool calls', async () => {
    const tools = [{ name: 'search', description: 'Searches.', parameters: { type: 'object' } }];
    const finish = finishOf(await collect(model, { ...asking('tool'), tools }));
    expect(finish).toMatchObject({
      stopReason: 'tool_calls',
      toolCalls: [{ id: 'c1', name: 'search', arguments: { q: 'x' } }],
    });
  });

  it('gets JSON with an output schema and prose without', async () => {
    const provider = aProvider({ baseUrl: prose.baseUrl });
    const structured = await collect(model, aRequest({ provider, outputSchema: SCHEMA }));
    expect(JSON.parse(textOf(structured))).toEqual({ decision: 'APPROVE', reason: 'the reason' });
    const plain = await collect(model, aRequest({ provider }));
    expect(() => JSON.parse(textOf(plain)) as unknown).toThrow(SyntaxError);
  });

  it('sends a bound credential and nothing else of the environment', async () => {
    const headers = { 'X-Team': 'documents' };
    const provider = aProvider({ baseUrl: scripted.baseUrl, credential: 'CREDENTIAL_AI', headers });
    await collect(model, { ...asking('short'), provider });
    const sent = (await scripted.requests()).at(-1)?.headers ?? {};
    // aimock logs that there was a key, and not the key.
    expect(sent).toMatchObject({ authorization: '[REDACTED]', 'x-team': 'documents' });
    expect(Object.keys(sent).filter((name) => name.startsWith('x-stainless') || name.startsWith('openai-'))).toEqual(
      [],
    );
  });

  it('sends no authorization to a server without a credential', async () => {
    await collect(model, asking('short'));
    expect((await scripted.requests()).at(-1)?.headers).not.toHaveProperty('authorization');
  });

  it('ends at a stop sequence that the server does not know of', async () => {
    const llmConfig = { stopSequences: ['1', '2', '3', '4', 'short'] };
    const events = await collect(model, { ...asking('short'), llmConfig });
    expect(textOf(events)).toBe('A ');
    expect(finishOf(events)).toMatchObject({ stopReason: 'stop', warnings: [expect.stringContaining('usage')] });
  });

  it.each([
    ['cut', 'incomplete_stream'],
    ['hang up', 'incomplete_stream'],
    ['filter', 'content_filter'],
    ['broke', 'quota'],
    ['overload', 'overloaded'],
    ['nothing that it knows', 'invalid_request'],
  ])('classifies what the server does to "%s" as %s', async (content, code) => {
    await expect(collect(model, asking(content))).rejects.toMatchObject({ code });
  });

  it('says that an answer was ended by the token limit', async () => {
    expect(finishOf(await collect(model, asking('cap'))).stopReason).toBe('length');
  });

  it('passes on how long a rate limit asks to wait', async () => {
    await expect(collect(model, asking('busy'))).rejects.toMatchObject({
      code: 'rate_limit',
      facts: { retryAfterMs: 7_000 },
    });
  });

  it('closes the connection when the caller aborts, and throws its reason', async () => {
    const before = (await scripted.cancelled()).length;
    const controller = new AbortController();
    const reason = new Error('cancelled by the test');
    const call = async () => {
      for await (const event of model.stream(asking('long'), controller.signal)) {
        if (event.type === 'text') controller.abort(reason);
      }
    };
    await expect(call()).rejects.toBe(reason);
    await expect.poll(async () => (await scripted.cancelled()).length).toBe(before + 1);
  });

  it('closes the connection when the caller stops listening', async () => {
    const before = (await scripted.cancelled()).length;
    for await (const event of model.stream(asking('long'), new AbortController().signal)) {
      if (event.type === 'text') break;
    }
    await expect.poll(async () => (await scripted.cancelled()).length).toBe(before + 1);
  });
});
