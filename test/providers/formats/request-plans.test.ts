import { describe, expect, it } from 'vitest';
import type { ModelRequest } from '../../../src/core/executions/turn.js';
import { planMessagesCall } from '../../../src/providers/formats/anthropic/messages-request.js';
import { planGenerateCall } from '../../../src/providers/formats/google/generate-request.js';
import { planOllamaCall } from '../../../src/providers/formats/ollama/ollama-request.js';
import { planResponsesCall } from '../../../src/providers/formats/openai-responses/responses-request.js';
import { aProvider, aRequest } from '../../support/model-request.js';

const ALL = {
  temperature: 0.5,
  topP: 0.9,
  frequencyPenalty: 1,
  presencePenalty: -1,
  maxTokens: 100,
  stopSequences: ['', 'END'],
};

const asking = (type: ModelRequest['provider']['type'], fields: Partial<ModelRequest> = {}, model = 'some-model') =>
  aRequest({ provider: aProvider({ type, model }), ...fields });

describe('the settings of an agent', () => {
  it('become fields of the Responses API, which has no stop sequences and no penalties', () => {
    const { body, warnings } = planResponsesCall(asking('openai', { llmConfig: ALL }));
    expect(body).toMatchObject({ temperature: 0.5, top_p: 0.9, max_output_tokens: 100, store: false });
    expect(body).not.toHaveProperty('stop');
    expect(warnings).toHaveLength(2);
  });

  it('become fields of the Messages API, which needs a limit and takes no sampling parameters', () => {
    const { body, warnings } = planMessagesCall(asking('anthropic', { llmConfig: ALL }));
    expect(body).toMatchObject({ max_tokens: 100, stop_sequences: ['END'] });
    expect(warnings).toHaveLength(4);
    const unlimited = planMessagesCall(asking('anthropic'));
    expect(unlimited.body.max_tokens).toBe(4096);
    expect(unlimited.warnings).toEqual([expect.stringContaining('4096')]);
  });

  it('become the configuration of Gemini; its newer models ignore the sampling parameters', () => {
    expect(planGenerateCall(asking('google', { llmConfig: ALL })).body.config).toMatchObject({
      temperature: 0.5,
      topP: 0.9,
      frequencyPenalty: 1,
      presencePenalty: -1,
      maxOutputTokens: 100,
      stopSequences: ['END'],
    });
    expect(planGenerateCall(asking('google', { llmConfig: ALL }, 'gemini-3-pro')).warnings).toHaveLength(4);
  });

  it('become options of Ollama, the size of its context too', () => {
    const provider = aProvider({ type: 'ollama', options: { contextTokens: 16_384 } });
    expect(planOllamaCall(aRequest({ provider, llmConfig: ALL })).body.options).toEqual({
      temperature: 0.5,
      top_p: 0.9,
      frequency_penalty: 1,
      presence_penalty: -1,
      num_predict: 100,
      stop: ['END'],
      num_ctx: 16_384,
    });
  });

  it('are an error under strictParameters where the model would not take them', () => {
    const strict = { llmConfig: { temperature: 0.5 }, strictParameters: true };
    expect(() => planMessagesCall(asking('anthropic', strict))).toThrow(
      expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining('temperature') as string }),
    );
  });
});

describe('a conversation with tools', () => {
  const calls = [
    { id: 'a', name: 'mcp/x/y', arguments: { q: 1 } },
    { id: 'b', name: 'search', arguments: 'not json' },
  ];
  const messages: ModelRequest['messages'] = [
    { role: 'system', content: 'Rules.' },
    { role: 'user', content: 'Find it.' },
    { role: 'assistant', content: '', toolCalls: calls },
    { role: 'tool', content: 'one', toolCallId: 'a' },
    { role: 'tool', content: 'two', toolCallId: 'b' },
  ];
  const tools = [
    { name: 'mcp/x/y', description: 'X', parameters: { type: 'object' } },
    { name: 'search', description: 'S', parameters: { type: 'object' } },
  ];

  it('goes to Anthropic with the results of one turn in one message', () => {
    const { body } = planMessagesCall(asking('anthropic', { messages, tools }));
    expect(body.system).toBe('Rules.');
    expect(body.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(body.messages.at(-1)?.content).toMatchObject([
      { type: 'tool_result', tool_use_id: 'a', content: 'one' },
      { type: 'tool_result', tool_use_id: 'b', content: 'two' },
    ]);
    expect(body.tools?.[0]).toMatchObject({ name: 'mcp__x__y', input_schema: { type: 'object' } });
  });

  it('goes to Gemini with the names that its results need', () => {
    const { contents } = planGenerateCall(asking('google', { messages, tools })).body;
    expect(contents).toMatchObject([
      { role: 'user' },
      { role: 'model', parts: [{ functionCall: { name: 'mcp__x__y' } }, { functionCall: { name: 'search' } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'mcp__x__y' } }, { functionResponse: { name: 'search' } }] },
    ]);
  });

  it('goes to the Responses API as items, with arguments that were no JSON as they were written', () => {
    expect(planResponsesCall(asking('openai', { messages, tools })).body).toMatchObject({
      instructions: 'Rules.',
      input: [
        { role: 'user' },
        { type: 'function_call', call_id: 'a', name: 'mcp__x__y', arguments: '{"q":1}' },
        { type: 'function_call', call_id: 'b', arguments: 'not json' },
        { type: 'function_call_output', call_id: 'a', output: 'one' },
        { type: 'function_call_output', call_id: 'b', output: 'two' },
      ],
    });
  });

  it('goes to Ollama with the name of the tool beside its result', () => {
    expect(planOllamaCall(asking('ollama', { messages, tools })).body.messages).toMatchObject([
      { role: 'system' },
      { role: 'user' },
      { role: 'assistant', tool_calls: [{ function: { name: 'mcp__x__y', arguments: { q: 1 } } }, {}] },
      { role: 'tool', tool_name: 'mcp__x__y', content: 'one' },
      { role: 'tool', tool_name: 'search', content: 'two' },
    ]);
  });

  it('is refused for a model that cannot call tools', () => {
    expect(() => planGenerateCall(asking('google', { messages, tools }, 'gemma-3'))).toThrow(
      expect.objectContaining({ code: 'invalid_request' }),
    );
  });
});
