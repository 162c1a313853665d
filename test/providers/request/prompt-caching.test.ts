import { describe, expect, it } from 'vitest';

import type { LlmProvider } from '../../../src/core/agents/agent.js';
import type { ModelRequest, RequestMessage } from '../../../src/core/executions/turn.js';
import { planMessagesCall } from '../../../src/providers/formats/anthropic/messages-request.js';
import { planChatCall } from '../../../src/providers/formats/openai-chat/chat-request.js';
import { planResponsesCall } from '../../../src/providers/formats/openai-responses/responses-request.js';
import { withPromptCaching } from '../../../src/providers/with-prompt-caching.js';
import { aProvider, aRequest } from '../../support/model-request.js';

const LONG = 'Judge by the rules of the house. '.repeat(200);
const KEPT = { type: 'ephemeral' };
const TOOL = { name: 'search', description: 'Finds', parameters: { type: 'object' } };
const LONG_TOOL = { ...TOOL, description: LONG };

const asking = (fields: Partial<ModelRequest>, { options = {}, ...provider }: Partial<LlmProvider> = {}) =>
  aRequest({
    provider: aProvider({
      type: 'anthropic',
      model: 'claude-sonnet-4-6',
      options: { promptCaching: true, ...options },
      ...provider,
    }),
    ...fields,
  });
const said = (system: string, ...messages: readonly RequestMessage[]): readonly RequestMessage[] => [
  { role: 'system', content: system },
  { role: 'user', content: 'Go on.' },
  ...messages,
];
const marksIn = (body: unknown) => JSON.stringify(body).split('"cache_control"').length - 1;

describe('a prompt that Anthropic is to keep', () => {
  it('is marked behind its long system prompt, which has the tools before it', () => {
    const { body } = planMessagesCall(asking({ messages: said(LONG) }));
    expect(body.system).toEqual([{ type: 'text', text: LONG, cache_control: KEPT }]);
    expect(marksIn(body)).toBe(1);
  });

  it('is marked behind its tools, too, where these are long: system prompts differ more often', () => {
    const { body } = planMessagesCall(asking({ messages: said('Rules.'), tools: [TOOL, LONG_TOOL] }));
    expect(body.tools).toMatchObject([{ name: 'search' }, { cache_control: KEPT }]);
    expect(body.tools?.[0]).not.toHaveProperty('cache_control');
    expect(body.system).toEqual([{ type: 'text', text: 'Rules.', cache_control: KEPT }]);
    expect(body.messages.at(-1)?.content).toMatchObject([{ type: 'text', cache_control: KEPT }]);
  });

  it('is marked where it ends, and where that of the turn before did, in a conversation with tools: four marks at most', () => {
    const turn = (id: string): readonly RequestMessage[] => [
      { role: 'assistant', content: '', toolCalls: [{ id, name: 'search', arguments: {} }] },
      { role: 'tool', content: `${id} found`, toolCallId: id },
    ];
    const messages = said(LONG, ...turn('a'), ...turn('b'), ...turn('c'));
    const { body } = planMessagesCall(asking({ messages, tools: [LONG_TOOL] }));
    const results = body.messages.filter(({ role }) => role === 'user').map(({ content }) => content);
    expect(results.map(marksIn)).toEqual([0, 0, 1, 1]);
    expect(marksIn(body)).toBe(4);
  });

  it.each<[string, ModelRequest]>([
    ['is short', asking({ messages: said('Rules.'), tools: [TOOL] })],
    ['is too short for its model', asking({ messages: said(LONG) }, { model: 'claude-haiku-4-5' })],
    ['is for a model that keeps none', asking({ messages: said(LONG) }, { model: 'claude-2.1' })],
    ['is not to be kept', asking({ messages: said(LONG) }, { options: { promptCaching: false } })],
  ])('has no marks where it %s', (_, request) => {
    expect(marksIn(planMessagesCall(request).body)).toBe(0);
  });

  it.each([{ cache_control: { type: 'ephemeral', ttl: '1h' } }, { system: 'Mine.' }])(
    'has no marks of ours where the agent has its own: %j',
    (extraBody) => {
      const { body } = planMessagesCall(
        asking({ messages: said(LONG), tools: [LONG_TOOL] }, { options: { extraBody } }),
      );
      expect(body).toMatchObject(extraBody);
      expect(marksIn({ ...body, cache_control: undefined })).toBe(0);
    },
  );

  it('has no mark on a text of blanks, which takes none', () => {
    const messages: RequestMessage[] = [
      { role: 'system', content: LONG },
      { role: 'user', content: ' ' },
    ];
    const { body } = planMessagesCall(asking({ messages, tools: [TOOL] }));
    expect(marksIn(body.messages)).toBe(0);
    expect(marksIn(body.system)).toBe(1);
  });
});

describe('the key by which OpenAI finds what it keeps', () => {
  const openAi = { type: 'openai', model: 'gpt-4o' } as const;
  const keyOf = (fields: Partial<ModelRequest>, provider: Partial<LlmProvider> = {}) =>
    planResponsesCall(asking({ messages: said(LONG), ...fields }, { ...openAi, ...provider })).body.prompt_cache_key;

  it('is the same for all calls with the same prompts, whatever is filled in, and shows nothing of them', () => {
    const key = keyOf({ promptsOf: 'reviewer You review {document}.' });
    expect(key).toMatch(/^[0-9a-f]{40}$/);
    expect(keyOf({ promptsOf: 'reviewer You review {document}.', messages: said(`${LONG} Tides.`) })).toBe(key);
    expect(keyOf({ promptsOf: 'reviewer You review {document} well.' })).not.toBe(key);
    expect(keyOf({})).not.toBe(key);
  });

  it('goes with Chat Completions as well, and with long tools', () => {
    const messages = said('Rules.');
    const chat = planChatCall(asking({ messages, tools: [LONG_TOOL], promptsOf: 'a' }, openAi)).body;
    expect(chat.prompt_cache_key).toBe(keyOf({ promptsOf: 'a' }));
    expect(chat.prompt_cache_key).toBeDefined();
  });

  it.each<[string, Partial<ModelRequest>, Partial<LlmProvider>]>([
    ['a short prompt', { messages: said('Rules.') }, {}],
    ['a prompt that is not to be kept', {}, { options: { promptCaching: false } }],
    ['a model that keeps none', {}, { model: 'gpt-4-turbo' }],
  ])('does not go with %s', (_, fields, provider) => {
    expect(keyOf(fields, provider)).toBeUndefined();
  });

  it('is the one that the agent has, where it has one', () => {
    expect(keyOf({}, { options: { extraBody: { prompt_cache_key: 'mine' } } })).toBe('mine');
  });
});

describe('a provider is asked to keep prompts', () => {
  const asked = (provider: Partial<LlmProvider>, address: string) =>
    withPromptCaching(aRequest({ provider: aProvider(provider) }), new URL(address)).provider.options['promptCaching'];

  it.each([
    ['openai', 'https://api.openai.com/v1', true],
    ['anthropic', 'https://api.anthropic.com', true],
    ['openai', 'https://house.openai.azure.com', false],
    ['openai', 'http://localhost:8000/v1', false],
    ['anthropic', 'https://gateway.example.com', false],
    ['custom', 'https://api.openai.com/v1', false],
  ] as const)('%s at %s: %s, where the agent does not say', (type, address, isAsked) => {
    expect(asked({ type }, address)).toBe(isAsked);
  });

  it('as the agent has it', () => {
    expect(asked({ type: 'openai', options: { promptCaching: false } }, 'https://api.openai.com/v1')).toBe(false);
    expect(asked({ type: 'custom', options: { promptCaching: true } }, 'http://localhost:8000/v1')).toBe(true);
  });
});
