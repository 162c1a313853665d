import { describe, expect, it } from 'vitest';
import { ModelAnswer } from '../../../../src/providers/answer/model-answer.js';
import { readChatChunk } from '../../../../src/providers/formats/openai-chat/chat-chunk.js';
import { nameTools } from '../../../../src/providers/request/tool-names.js';

const TEXT = { choices: [{ index: 0, delta: { content: 'Yes' }, finish_reason: null }] };
const STOP = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };

function finish(frames: readonly (object | string)[]) {
  const answer = new ModelAnswer([]);
  for (const frame of frames) answer.take(readChatChunk(typeof frame === 'string' ? frame : JSON.stringify(frame)));
  return answer.finish(nameTools([]), { turn: 0, mayBeEmpty: false });
}

describe('an answer of Chat Completions', () => {
  it.each([
    ['a finish reason alone', STOP],
    ['[DONE] alone', '[DONE]'],
  ])('is whole with %s; usage that is missing is said to be', (_, end) => {
    expect(finish([TEXT, end])).toMatchObject({ stopReason: 'stop', warnings: [expect.stringContaining('usage')] });
  });

  it('counts what came from the cache and what was thought, where the server says so', () => {
    const usage = {
      prompt_tokens: 9,
      completion_tokens: 4,
      total_tokens: 13,
      prompt_tokens_details: { cached_tokens: 8 },
      completion_tokens_details: { reasoning_tokens: 3 },
    };
    expect(finish([TEXT, STOP, { choices: [], usage }]).usage).toEqual({
      inputTokens: 9,
      outputTokens: 4,
      totalTokens: 13,
      cachedInputTokens: 8,
      reasoningTokens: 3,
    });
  });

  it('is none when the model refuses', () => {
    expect(() => finish([{ choices: [{ delta: { refusal: 'I cannot.' } }] }, STOP])).toThrow(
      expect.objectContaining({ code: 'content_filter' }),
    );
  });

  it('takes a finish reason that nobody knows for a stop, and says so', () => {
    const odd = { choices: [{ delta: {}, finish_reason: 'bored' }], usage: { prompt_tokens: 1, completion_tokens: 1 } };
    expect(finish([TEXT, odd])).toMatchObject({ stopReason: 'stop', warnings: [expect.stringContaining('not known')] });
  });
});
