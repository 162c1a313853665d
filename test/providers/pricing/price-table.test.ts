import { describe, expect, it } from 'vitest';

import type { LlmProvider } from '../../../src/core/agents/agent.js';
import { priceTable } from '../../../src/providers/pricing/price-table.js';

const USAGE = { inputTokens: 1000, outputTokens: 100, totalTokens: 1100, cachedInputTokens: 200 };
const provider = (type: LlmProvider['type'], model: string, baseUrl?: string): LlmProvider => ({
  ...{ type, model, headers: {}, options: {} },
  ...(baseUrl === undefined ? {} : { baseUrl }),
});

describe('what a model call costs', () => {
  const listed = priceTable({});

  it('is told by the list that comes with the program', () => {
    const cost = listed.costOf(provider('openai', 'gpt-4o'), USAGE);
    expect(cost).toBe(0.00325);
    expect(listed.costOf(provider('anthropic', 'claude-sonnet-4-5'), USAGE)).toBeGreaterThan(0);
    expect(listed.costOf(provider('google', 'gemini-2.5-flash'), USAGE)).toBeGreaterThan(0);
  });

  it.each([
    ['a model that nobody knows', provider('openai', 'no-such-model')],
    ['the mock', provider('mock', 'mock')],
    ['one of Ollama', provider('ollama', 'llama3.2')],
    ['a server that nobody knows', provider('custom', 'gpt-4o', 'http://127.0.0.1:1/v1')],
    ["an agent's own server", provider('openai', 'gpt-4o', 'http://127.0.0.1:1/v1')],
  ])('is not known of %s', (_, of) => {
    expect(listed.costOf(of, USAGE)).toBeUndefined();
  });

  it('goes by who is behind the address', () => {
    const cost = listed.costOf(provider('custom', 'llama-3.3-70b-versatile', 'https://api.groq.com/openai/v1'), USAGE);
    expect(cost).toBeGreaterThan(0);
  });

  it('is not known where nothing was counted', () => {
    expect(
      listed.costOf(provider('openai', 'gpt-4o'), { inputTokens: 0, outputTokens: 0, totalTokens: 0 }),
    ).toBeUndefined();
  });

  it('goes by own prices first, also by those of 0', () => {
    const own = priceTable({
      'openai/gpt-4o': { inputUsdPerMillion: 1, outputUsdPerMillion: 10, cachedInputUsdPerMillion: 0.5 },
      'ollama/llama3.2': { inputUsdPerMillion: 0, outputUsdPerMillion: 0 },
      'custom/m': { inputUsdPerMillion: 1, outputUsdPerMillion: 0 },
    });
    expect(own.costOf(provider('openai', 'gpt-4o'), USAGE)).toBe(0.0019);
    expect(own.costOf(provider('ollama', 'llama3.2'), USAGE)).toBe(0);
    expect(own.costOf(provider('custom', 'm', 'http://127.0.0.1:1'), USAGE)).toBe(0.001);
    expect(own.costOf(provider('mock', 'toString'), USAGE)).toBeUndefined();
  });

  it('has what is written to the cache of a provider at its own price, and each token of a prompt once', () => {
    const usage = { ...USAGE, cacheWriteInputTokens: 300 };
    const anthropic = provider('anthropic', 'claude-sonnet-4-6');
    const plain = { inputUsdPerMillion: 3, cachedInputUsdPerMillion: 0.3, outputUsdPerMillion: 15 };
    const cost = (500 * 3 + 200 * 0.3 + 300 * 3.75 + 100 * 15) / 1e6;
    expect(listed.costOf(anthropic, usage)).toBeCloseTo(cost, 10);
    expect(priceTable({ 'anthropic/claude-sonnet-4-6': plain }).costOf(anthropic, usage)).toBeCloseTo(cost, 10);
    const dearer = { ...plain, cacheWriteInputUsdPerMillion: 30 };
    const own = priceTable({ 'anthropic/claude-sonnet-4-6': dearer, 'openai/gpt-4o': plain });
    expect(own.costOf(anthropic, usage)).toBeCloseTo(cost + (300 * 26.25) / 1e6, 10);
    expect(own.costOf(provider('openai', 'gpt-4o'), usage)).toBeCloseTo(cost - (300 * 0.75) / 1e6, 10);
    expect(listed.costOf(anthropic, { ...usage, cacheWriteInputTokens: 5000 })).toBeCloseTo(
      (200 * 0.3 + 800 * 3.75 + 100 * 15) / 1e6,
      10,
    );
  });

  it('bears a server that counts more of a prompt as cached than there was', () => {
    const cost = listed.costOf(provider('openai', 'gpt-4o'), { ...USAGE, cachedInputTokens: 5000 });
    expect(cost).toBe(0.00225);
  });
});
