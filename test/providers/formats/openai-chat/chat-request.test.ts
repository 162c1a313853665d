import { describe, expect, it } from 'vitest';
import type { LlmProvider } from '../../../../src/core/agents/agent.js';
import type { ModelRequest } from '../../../../src/core/executions/turn.js';
import { planChatCall } from '../../../../src/providers/formats/openai-chat/chat-request.js';
import { aProvider, aRequest } from '../../../support/model-request.js';

const SCHEMA = {
  type: 'object',
  properties: { grade: { type: 'number' } },
  required: ['grade'],
  additionalProperties: false,
};
const openai = (model: string): LlmProvider => ({ type: 'openai', model, headers: {}, options: {} });
const body = (fields: Partial<ModelRequest>) => planChatCall(aRequest(fields)).body;

describe('planChatCall', () => {
  it('asks for a stream with usage, and sends no parameter that was not given', () => {
    expect(body({})).toEqual({
      model: 'test-model',
      messages: [{ role: 'user', content: 'Please review the enclosed memorandum.' }],
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it('sends sampling parameters by their names in the API', () => {
    const llmConfig = { temperature: 0, topP: 0.9, frequencyPenalty: 1, presencePenalty: -1 };
    expect(body({ llmConfig })).toMatchObject({
      temperature: 0,
      top_p: 0.9,
      frequency_penalty: 1,
      presence_penalty: -1,
    });
  });

  it.each([
    [aProvider(), 'max_tokens'],
    [aProvider({ options: { tokenLimitField: 'max_completion_tokens' } }), 'max_completion_tokens'],
    [openai('gpt-4o'), 'max_completion_tokens'],
    [{ ...openai('gpt-4o'), options: { tokenLimitField: 'max_tokens' } }, 'max_tokens'],
  ])('puts the token limit where the server looks for it (%#)', (provider, field) => {
    expect(body({ provider, llmConfig: { maxTokens: 7 } })).toHaveProperty(field, 7);
  });

  it('sends four stop sequences at most and no empty one', () => {
    expect(body({ llmConfig: { stopSequences: ['', 'a', 'b', 'c', 'd', 'e'] } }).stop).toEqual(['a', 'b', 'c', 'd']);
    expect(body({ llmConfig: { stopSequences: [] } })).not.toHaveProperty('stop');
  });

  it('adds the extra fields of the provider', () => {
    expect(body({ provider: aProvider({ options: { extraBody: { top_k: 40 } } }) })).toHaveProperty('top_k', 40);
  });

  it('leaves out what a reasoning model refuses, and says so', () => {
    const plan = planChatCall(
      aRequest({ provider: openai('o3-mini'), llmConfig: { temperature: 0.2, stopSequences: ['X'] } }),
    );
    expect(plan.body).not.toHaveProperty('temperature');
    expect(plan.body).not.toHaveProperty('stop');
    expect(plan.warnings).toEqual([expect.stringContaining('temperature')]);
  });

  it('refuses instead of leaving out when parameters are strict', () => {
    const request = aRequest({ provider: openai('o3-mini'), llmConfig: { temperature: 0.2 }, strictParameters: true });
    expect(() => planChatCall(request)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });
});

describe('structured output', () => {
  it('sends the schema, strict where the schema allows it', () => {
    expect(body({ outputSchema: SCHEMA }).response_format).toEqual({
      type: 'json_schema',
      json_schema: { name: 'answer', schema: SCHEMA, strict: true },
    });
  });

  it.each([
    { ...SCHEMA, additionalProperties: true },
    { ...SCHEMA, required: [] },
    { ...SCHEMA, properties: { grade: {} } },
    { type: 'array', items: { type: 'string' } },
  ])('is not strict for what the strict mode refuses (%#)', (outputSchema) => {
    expect(body({ outputSchema }).response_format).toMatchObject({ json_schema: { strict: false } });
  });

  it('is strict without the limits that the strict mode refuses: they are said in words', () => {
    const outputSchema = { ...SCHEMA, properties: { grade: { type: 'number', minimum: 1 } } };
    expect(body({ outputSchema }).response_format).toMatchObject({
      json_schema: { strict: true, schema: { properties: { grade: { description: '{minimum: 1}' } } } },
    });
  });

  it.each(['json_object', 'prompt'])(
    'states the schema in the one system message in the mode %s',
    (structuredOutput) => {
      const messages = [
        { role: 'system', content: 'You review.' },
        { role: 'user', content: 'Review this.' },
      ] as const;
      const sent = body({ provider: aProvider({ options: { structuredOutput } }), outputSchema: SCHEMA, messages });
      expect(sent.messages.map(({ role }) => role)).toEqual(['system', 'user']);
      expect(sent.messages[0]?.content).toContain(JSON.stringify(SCHEMA));
      expect(sent.response_format).toEqual(structuredOutput === 'prompt' ? undefined : { type: 'json_object' });
    },
  );
});

describe('tools', () => {
  const tool = (name: string) => ({ name, description: 'Looks things up.', parameters: { type: 'object' } });

  it('gives tools names that the API takes, each its own, and takes them back', () => {
    const { body: sent, toolNames } = planChatCall(
      aRequest({ tools: [tool('mcp/web/search'), tool('mcp/web_search')] }),
    );
    const names = sent.tools?.map((entry) => (entry.type === 'function' ? entry.function.name : ''));
    expect(names).toEqual(['mcp__web__search', 'mcp__web_search']);
    expect(names?.map((name) => toolNames.fromWire(name))).toEqual(['mcp/web/search', 'mcp/web_search']);
  });

  it('repeats earlier calls and their results', () => {
    const sent = body({
      tools: [tool('mcp/web/search')],
      messages: [
        { role: 'assistant', content: '', toolCalls: [{ id: 'c1', name: 'mcp/web/search', arguments: { q: 'x' } }] },
        { role: 'tool', content: 'found', toolCallId: 'c1' },
      ],
    });
    const called = { type: 'function', id: 'c1', function: { name: 'mcp__web__search', arguments: '{"q":"x"}' } };
    expect(sent.messages).toEqual([
      { role: 'assistant', content: null, tool_calls: [called] },
      { role: 'tool', content: 'found', tool_call_id: 'c1' },
    ]);
  });
});
