import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/json/json.js';
import { ModelAnswer } from '../../../../src/providers/answer/model-answer.js';
import { ChatReader } from '../../../../src/providers/formats/openai-chat/chat-chunk.js';
import { nameTools } from '../../../../src/providers/request/tool-names.js';

const TEXT = { choices: [{ index: 0, delta: { content: 'Yes' }, finish_reason: null }] };
const STOP = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };

function finish(frames: readonly JsonObject[]) {
  const answer = new ModelAnswer([], { repeatsReasons: false });
  const reader = new ChatReader();
  for (const frame of frames) answer.take(reader.read(frame));
  return answer.finish(nameTools([]), { turn: 0, mayBeEmpty: false, quote: (words) => words });
}

describe('an answer of Chat Completions', () => {
  it('is whole with a finish reason alone; usage that is missing is said to be', () => {
    expect(finish([TEXT, STOP])).toMatchObject({ stopReason: 'stop', warnings: [expect.stringContaining('usage')] });
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

  it.each([
    [{ prompt_cache_hit_tokens: 5, prompt_cache_miss_tokens: 4 }, { cachedInputTokens: 5 }],
    [
      { prompt_tokens_details: { cached_tokens: 3, cache_write_tokens: 6 } },
      { cachedInputTokens: 3, cacheWriteInputTokens: 6 },
    ],
  ])('counts what a cache had by the names of its server: %j', (counts, counted) => {
    const usage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13, ...counts };
    const all = { inputTokens: 9, outputTokens: 4, totalTokens: 13 };
    expect(finish([TEXT, STOP, { choices: [], usage }]).usage).toEqual({ ...all, ...counted });
  });

  it('is none when the model refuses', () => {
    expect(() => finish([{ choices: [{ delta: { refusal: 'I cannot.' } }] }, STOP])).toThrow(
      expect.objectContaining({ code: 'content_filter' }),
    );
  });

  it('that a model refuses says in which words', () => {
    expect(() => finish([{ choices: [{ delta: { refusal: 'I cannot.' } }] }, STOP])).toThrow(/I cannot\./);
  });

  it('is not whole with a finish reason that nobody knows', () => {
    expect(() => finish([TEXT, { choices: [{ delta: {}, finish_reason: 'bored' }] }])).toThrow(
      expect.objectContaining({ code: 'incomplete_stream', message: expect.stringContaining('bored') as string }),
    );
  });
});
