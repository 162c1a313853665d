import { SpanKind } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';

import type { ActivityParts } from '../../src/activities/activity-parts.js';
import { traceTurn } from '../../src/activities/trace-turn.js';
import type { ModelCall } from '../../src/contract/activities.js';
import type { ModelAttempt } from '../../src/core/executions/execution.js';
import type { ModelRequest, TurnResult } from '../../src/core/executions/turn.js';
import { NOW } from '../support/builders.js';
import { traced } from '../support/traces.js';

const KEY = 'sk-a-key-that-was-pasted';
const CALL = {
  executionId: 'e',
  turn: 1,
  prepared: { agentId: 'reviewer', agentVersion: 1, conversationId: 'c' },
} as ModelCall;
const ATTEMPT: ModelAttempt = {
  turn: 1,
  attempt: 1,
  provider: 'openai',
  model: 'gpt',
  outcome: 'failed',
  startedAt: NOW,
  errorCode: 'server',
  errorMessage: 'the words of the provider',
};
const CALLS = [{ id: 'call-1', name: 'count_words', arguments: { text: 'the arguments' } }];
const MESSAGES: ModelRequest['messages'] = [
  { role: 'system', content: 'the system prompt' },
  { role: 'user', content: `the question, with ${KEY}` },
  { role: 'assistant', content: 'the words before', toolCalls: CALLS },
  { role: 'tool', content: 'the result', toolCallId: 'call-1' },
];
const RESULT: Pick<TurnResult, 'text' | 'toolCalls' | 'usage' | 'stopReason'> = {
  text: 'the answer',
  toolCalls: CALLS,
  usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
  stopReason: 'tool_calls',
};

/** The attributes, as JSON, of a turn whose messages are these. */
async function told({ capturesContent = false, messages = MESSAGES } = {}) {
  const { traces, spans } = traced({ capturesContent });
  const parts = { traces, mask: (text: string) => text.replaceAll(KEY, '[hidden]') } as ActivityParts;
  await traces.part({ name: 'chat gpt', kind: SpanKind.CLIENT }, () => {
    const provider = { type: 'openai', model: 'gpt' } as const;
    traceTurn(parts, CALL, { provider, attempts: [ATTEMPT], result: RESULT, messages });
    return Promise.resolve();
  });
  return { attributes: spans[0]?.attributes ?? {}, text: JSON.stringify(spans) };
}

const WORDS = ['system prompt', 'question', 'words before', 'the result', 'answer', 'arguments', 'count_words'];

describe('the span of a turn', () => {
  it('has nothing of prompts, answers, calls of tools or messages of errors', async () => {
    const { text } = await told();
    expect(WORDS.filter((words) => text.includes(words))).toEqual([]);
    expect(text).not.toContain('words of the provider');
    expect(text).toContain('"error.type":"server"');
  });

  it('has them in the shape of the conventions where content is captured, without secrets', async () => {
    const { attributes, text } = await told({ capturesContent: true });
    const read = (name: string) => JSON.parse(String(attributes[name])) as unknown;
    const call = { type: 'tool_call', id: 'call-1', name: 'count_words', arguments: { text: 'the arguments' } };
    expect(read('gen_ai.system_instructions')).toEqual([{ type: 'text', content: 'the system prompt' }]);
    expect(read('gen_ai.input.messages')).toEqual([
      { role: 'user', parts: [{ type: 'text', content: 'the question, with [hidden]' }] },
      { role: 'assistant', parts: [{ type: 'text', content: 'the words before' }, call] },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call-1', response: 'the result' }] },
    ]);
    expect(read('gen_ai.output.messages')).toEqual([
      { role: 'assistant', parts: [{ type: 'text', content: 'the answer' }, call], finish_reason: 'tool_calls' },
    ]);
    expect(text).not.toContain(KEY);
    expect(text).not.toContain('words of the provider');
  });

  it('has so much of each, however long they are', async () => {
    const messages: ModelRequest['messages'] = [{ role: 'user', content: 'long '.repeat(100_000) }];
    const { attributes } = await told({ capturesContent: true, messages });
    expect(String(attributes['gen_ai.input.messages'])).toHaveLength(32_768);
  });
});
