import { describe, expect, it } from 'vitest';

import type { JsonObject } from '../../../src/core/json/json.js';
import type { ModelRequest } from '../../../src/core/executions/turn.js';
import type { ProviderState } from '../../../src/core/executions/provider-state.js';
import { MessagesReader } from '../../../src/providers/formats/anthropic/messages-event.js';
import { planMessagesCall } from '../../../src/providers/formats/anthropic/messages-request.js';
import { GenerateReader } from '../../../src/providers/formats/google/generate-chunk.js';
import { OllamaReader } from '../../../src/providers/formats/ollama/ollama-chunk.js';
import { ChatReader } from '../../../src/providers/formats/openai-chat/chat-chunk.js';
import { planGenerateCall } from '../../../src/providers/formats/google/generate-request.js';
import { planOllamaCall } from '../../../src/providers/formats/ollama/ollama-request.js';
import { planChatCall } from '../../../src/providers/formats/openai-chat/chat-request.js';
import { ResponsesReader } from '../../../src/providers/formats/openai-responses/responses-event.js';
import { planResponsesCall } from '../../../src/providers/formats/openai-responses/responses-request.js';
import { aProvider, aRequest } from '../../support/model-request.js';

const TOOL = { name: 'mcp/shop/lookup', description: 'Looks up.', parameters: { type: 'object' } };
const call = (id: string, number: number) => ({ id, name: TOOL.name, arguments: { number } });

/** A second turn, after one that called two tools at once. */
function secondTurn(type: 'openai' | 'anthropic' | 'google' | 'ollama', providerState?: ProviderState, model = 'm') {
  return aRequest({
    provider: aProvider({ type, model }),
    tools: [TOOL],
    messages: [
      { role: 'user', content: 'Where?' },
      {
        role: 'assistant',
        content: 'I look.',
        toolCalls: [call('a', 1), call('b', 2)],
        ...(providerState === undefined ? {} : { providerState }),
      },
      { role: 'tool', content: 'Here.', toolCallId: 'a' },
      { role: 'tool', content: 'There.', toolCallId: 'b' },
    ],
  });
}

/** The same, with other words of the assistant. */
function withContent(request: ModelRequest, content: string): ModelRequest {
  const messages = request.messages.map((message) =>
    message.role === 'assistant' ? { ...message, content } : message,
  );
  return { ...request, messages };
}

function stateAfter(
  reader: { read(event: JsonObject): unknown; state: ProviderState | undefined },
  events: JsonObject[],
) {
  for (const event of events) reader.read(event);
  return reader.state;
}

describe('a turn of tools goes back', () => {
  it('to Anthropic with its thinking as it came, and all results in one message', () => {
    const at = (index: number, delta: JsonObject) => ({ type: 'content_block_delta', index, delta });
    const state = stateAfter(new MessagesReader(), [
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
      at(0, { type: 'thinking_delta', thinking: 'It may ' }),
      at(0, { type: 'thinking_delta', thinking: 'be far.' }),
      at(0, { type: 'signature_delta', signature: 'c2lnbmVk' }),
      { type: 'content_block_start', index: 1, content_block: { type: 'redacted_thinking', data: 'aGlkZGVu' } },
      { type: 'content_block_start', index: 2, content_block: { type: 'text', text: 'I look.' } },
    ]);
    expect(planMessagesCall(secondTurn('anthropic', state)).body.messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'It may be far.', signature: 'c2lnbmVk' },
          { type: 'redacted_thinking', data: 'aGlkZGVu' },
          { type: 'text', text: 'I look.' },
          { type: 'tool_use', id: 'a', name: 'mcp__shop__lookup', input: { number: 1 } },
          { type: 'tool_use', id: 'b', name: 'mcp__shop__lookup', input: { number: 2 } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: 'Here.' },
          { type: 'tool_result', tool_use_id: 'b', content: 'There.' },
        ],
      },
    ]);
  });

  it('to Anthropic with thinking that came between words and calls in its place, and without words that are blank', () => {
    const block = (index: number, content_block: JsonObject) => ({ type: 'content_block_start', index, content_block });
    const thinking = (text: string) => ({ type: 'thinking', thinking: text, signature: `s-${text}` });
    const events = [
      block(0, thinking('first')),
      block(1, { type: 'text', text: 'I look.' }),
      block(2, thinking('second')),
      block(3, { type: 'tool_use', id: 'a', name: 'mcp_shop_lookup', input: {} }),
      block(4, { type: 'tool_use', id: 'b', name: 'mcp_shop_lookup', input: {} }),
    ];
    const typesOf = (request: ModelRequest) => {
      const { content = [] } = planMessagesCall(request).body.messages[1] ?? {};
      return typeof content === 'string' ? content : content.map(({ type }) => type);
    };
    const asked = secondTurn('anthropic', stateAfter(new MessagesReader(), events));
    expect(typesOf(asked)).toEqual(['thinking', 'text', 'thinking', 'tool_use', 'tool_use']);
    const changed = withContent(asked, ' \n');
    expect(typesOf(changed)).toEqual(['thinking', 'thinking', 'tool_use', 'tool_use']);
  });

  it('to Gemini with the signature of each call, and all results in one content', () => {
    const functionCall = { name: 'mcp__shop__lookup', args: {} };
    const parts = [{ functionCall, thoughtSignature: 'c2lnbmVk' }, { functionCall }];
    const state = stateAfter(new GenerateReader(), [{ candidates: [{ content: { parts } }] }]);
    expect(planGenerateCall(secondTurn('google', state)).body.contents.slice(1)).toEqual([
      {
        role: 'model',
        parts: [
          { text: 'I look.' },
          { functionCall: { name: 'mcp__shop__lookup', args: { number: 1 } }, thoughtSignature: 'c2lnbmVk' },
          { functionCall: { name: 'mcp__shop__lookup', args: { number: 2 } } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { name: 'mcp__shop__lookup', response: { result: 'Here.' } } },
          { functionResponse: { name: 'mcp__shop__lookup', response: { result: 'There.' } } },
        ],
      },
    ]);
  });

  it('to the Responses API with its reasoning, which is asked for encrypted from models that reason', () => {
    const item = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'c2VjcmV0' };
    const done = { type: 'response.output_item.done', output_index: 0, item };
    const state = stateAfter(new ResponsesReader(), [
      done,
      { type: 'response.completed', response: { output: [item] } },
    ]);
    const { body } = planResponsesCall(secondTurn('openai', state, 'gpt-5'));
    expect(body.include).toEqual(['reasoning.encrypted_content']);
    expect(body.input).toMatchObject([
      { role: 'user' },
      item,
      { role: 'assistant', content: 'I look.' },
      { type: 'function_call', call_id: 'a', arguments: '{"number":1}' },
      { type: 'function_call', call_id: 'b', arguments: '{"number":2}' },
      { type: 'function_call_output', call_id: 'a', output: 'Here.' },
      { type: 'function_call_output', call_id: 'b', output: 'There.' },
    ]);
    expect(planResponsesCall(secondTurn('openai', undefined, 'gpt-4o')).body).not.toHaveProperty('include');
  });

  it('to the Responses API with each item of its reasoning in front of what it led to, and the marks of what it said', () => {
    const reasoning = (id: string) => ({ type: 'reasoning', id, summary: [], encrypted_content: `e-${id}` });
    const output = [
      reasoning('rs_1'),
      { type: 'message', id: 'msg_1', phase: 'commentary', content: [{ type: 'output_text', text: 'I look.' }] },
      { type: 'function_call', id: 'fc_1', call_id: 'a', name: 'mcp_shop_lookup', arguments: '{"number":1}' },
      reasoning('rs_2'),
      { type: 'function_call', id: 'fc_2', call_id: 'b', name: 'mcp_shop_lookup', arguments: '{"number":2}' },
    ];
    const done = output.map((item, output_index) => ({ type: 'response.output_item.done', output_index, item }));
    const whole = { type: 'response.completed', response: { output } };
    const emptied = { type: 'response.completed', response: { output: [] } };
    for (const events of [[...done, whole], [...done, emptied], [whole]]) {
      const { body } = planResponsesCall(secondTurn('openai', stateAfter(new ResponsesReader(), events), 'gpt-5'));
      expect(body.input?.slice(1, -2)).toMatchObject([
        reasoning('rs_1'),
        { role: 'assistant', content: 'I look.', phase: 'commentary' },
        { type: 'function_call', call_id: 'a' },
        reasoning('rs_2'),
        { type: 'function_call', call_id: 'b' },
      ]);
    }
  });

  it('to servers that copy Chat Completions with the reasoning and the extras that they sent, also with an empty one', () => {
    const extra_content = { google: { thought_signature: 'c2lnbmVk' } };
    const chunk = (delta: JsonObject) => ({ choices: [{ index: 0, delta }] });
    const called = (index: number, more: JsonObject = {}) => ({
      index,
      id: `c${index}`,
      function: { name: 'f' },
      ...more,
    });
    const backFrom = (...deltas: JsonObject[]) =>
      planChatCall(secondTurn('openai', stateAfter(new ChatReader(), deltas.map(chunk)))).body.messages[1];
    expect(
      backFrom(
        { reasoning_content: 'It may ' },
        { reasoning_content: 'be far.' },
        { tool_calls: [called(0)] },
        { tool_calls: [called(1, { extra_content })] },
      ),
    ).toMatchObject({ reasoning_content: 'It may be far.', tool_calls: [{ id: 'a' }, { id: 'b', extra_content }] });
    expect(backFrom({ reasoning_content: '' }, { tool_calls: [called(0)] })).toHaveProperty('reasoning_content', '');
    expect(backFrom({ reasoning_content: null }, { tool_calls: [called(0)] })).not.toHaveProperty('reasoning_content');
  });

  it('to OpenRouter with its reasoning details as they were before they were cut for the stream', () => {
    const backFrom = (...streamed: JsonObject[][]) => {
      const deltas = streamed.map((reasoning_details) => ({ reasoning_details }));
      const called = { tool_calls: [{ index: 0, id: 'c0', function: { name: 'f' } }] };
      const chunks = [...deltas, called].map((delta) => ({ choices: [{ index: 0, delta }] }));
      return planChatCall(secondTurn('openai', stateAfter(new ChatReader(), chunks))).body.messages[1];
    };
    const text = { type: 'reasoning.text', format: 'anthropic-claude-v1', index: 0 };
    const sealed = { type: 'reasoning.encrypted', format: 'google-gemini-v1', data: 'c2VhbGVk', id: 'tool_1' };
    const summary = { type: 'reasoning.summary', format: 'openai-responses-v1', index: 0 };
    const second = { ...text, index: 1, text: 'Or near.', signature: 'more' };
    expect(
      backFrom(
        [{ ...text, text: 'It may ' }],
        [{ ...text, text: 'be far.', signature: null }],
        [{ ...text, signature: 'c2lnbmVk' }],
        [second],
        [sealed, { ...sealed, id: 'tool_2' }],
      ),
    ).toHaveProperty('reasoning_details', [
      { ...text, text: 'It may be far.', signature: 'c2lnbmVk' },
      second,
      sealed,
      { ...sealed, id: 'tool_2' },
    ]);
    expect(backFrom([{ ...summary, summary: '**Far' }], [{ ...summary, summary: '**' }], [sealed])).toHaveProperty(
      'reasoning_details',
      [{ ...summary, summary: '**Far**' }, sealed],
    );
    expect(
      backFrom([{ type: 'reasoning.text', text: 'a', signature: 's' }], [{ type: 'reasoning.text', text: 'b' }]),
    ).toHaveProperty('reasoning_details', [
      { type: 'reasoning.text', text: 'a', signature: 's' },
      { type: 'reasoning.text', text: 'b' },
    ]);
    expect(backFrom()).not.toHaveProperty('reasoning_details');
  });

  it('to Ollama with what it thought', () => {
    const said = (thinking: string) => ({ message: { role: 'assistant', content: '', thinking } });
    const state = stateAfter(new OllamaReader(), [said('It may '), said('be far.')]);
    expect(planOllamaCall(secondTurn('ollama', state)).body.messages?.[1]).toMatchObject({
      thinking: 'It may be far.',
    });
    expect(planOllamaCall(secondTurn('ollama')).body.messages?.[1]).not.toHaveProperty('thinking');
  });

  it('to Chat Completions and Ollama with each result by itself', () => {
    expect(planChatCall(secondTurn('openai')).body.messages.slice(-2)).toEqual([
      { role: 'tool', content: 'Here.', tool_call_id: 'a' },
      { role: 'tool', content: 'There.', tool_call_id: 'b' },
    ]);
    expect(planOllamaCall(secondTurn('ollama')).body.messages?.slice(-2)).toEqual([
      { role: 'tool', content: 'Here.', tool_name: 'mcp__shop__lookup' },
      { role: 'tool', content: 'There.', tool_name: 'mcp__shop__lookup' },
    ]);
  });

  it('to another provider without what was only for the first', () => {
    const state = { format: 'anthropic-messages', content: [{ type: 'thinking', thinking: 't', signature: 's' }] };
    expect(JSON.stringify(planGenerateCall(secondTurn('google', state)).body)).not.toContain('signature');
    expect(JSON.stringify(planResponsesCall(secondTurn('openai', state)).body)).not.toContain('thinking');
  });
});

describe('a structured answer of an agent with tools', () => {
  const outputSchema = { type: 'object', properties: { grade: { type: 'number' } } };

  it('is asked for in the prompt where the API would call no tools else', () => {
    const { body } = planOllamaCall({ ...secondTurn('ollama'), outputSchema });
    expect(body).not.toHaveProperty('format');
    expect(body.messages?.[0]).toMatchObject({ role: 'system', content: expect.stringContaining('grade') as string });
    const gemini = (model: string) => planGenerateCall({ ...secondTurn('google', undefined, model), outputSchema });
    expect(gemini('gemini-2.5-pro').body.config).not.toHaveProperty('responseMimeType');
    expect(gemini('gemini-3-pro').body.config).toHaveProperty('responseMimeType');
  });
});
