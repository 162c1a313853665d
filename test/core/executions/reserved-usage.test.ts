import { describe, expect, it } from 'vitest';

import { amountOf, reservedUsage, usageInTheEnd } from '../../../src/core/executions/reserved-usage.js';
import type { ModelRequest } from '../../../src/core/executions/turn.js';

const REQUEST: ModelRequest = {
  provider: { type: 'openai', model: 'house', headers: {}, options: {} },
  llmConfig: { maxTokens: 100 },
  messages: [{ role: 'user', content: 'x'.repeat(300) }],
  tools: [],
  timeoutMs: 1000,
  strictParameters: false,
};
const RESERVED = { inputTokens: 104, outputTokens: 100, totalTokens: 204 };
const counted = (inputTokens: number, outputTokens: number) => ({
  ...{ inputTokens, outputTokens, totalTokens: inputTokens + outputTokens },
});

describe('what a call may use', () => {
  it('is its messages, its tools, its schema and pictures, and the longest answer', () => {
    expect(reservedUsage(REQUEST)).toEqual(RESERVED);
    const tools = [{ name: 'pay', description: 'Pays', parameters: { type: 'object' } }];
    expect(reservedUsage({ ...REQUEST, tools }).inputTokens).toBeGreaterThan(104);
    expect(reservedUsage({ ...REQUEST, outputSchema: { type: 'object' } }).inputTokens).toBeGreaterThan(104);
    const pictures = [{ data: 'AAAA', mediaType: 'image/png' }] as unknown as [];
    const shown = { ...REQUEST, messages: [{ role: 'user' as const, content: '', pictures }] };
    expect(reservedUsage(shown).inputTokens).toBe(1604);
  });

  it('is dearer where all of its prompt may be written to the cache of its provider', () => {
    const messages = [{ role: 'system' as const, content: 'x'.repeat(6000) }];
    const written = (provider: Partial<ModelRequest['provider']>, long = messages) =>
      reservedUsage({ ...REQUEST, messages: long, provider: { ...REQUEST.provider, ...provider } })
        .cacheWriteInputTokens;
    expect(written({ type: 'anthropic', model: 'claude-sonnet-4-6' })).toBe(2004);
    expect(written({ type: 'anthropic', model: 'claude-haiku-4-5' })).toBeUndefined();
    expect(written({ type: 'anthropic', options: { promptCaching: false } })).toBeUndefined();
    expect(written({ type: 'openai', model: 'gpt-4o' })).toBeUndefined();
  });

  it('is 4,096 tokens of an answer that has no limit, or what its model is sent as one, or a quarter of a small context', () => {
    const answer = (provider: Partial<ModelRequest['provider']>) =>
      reservedUsage({ ...REQUEST, llmConfig: {}, provider: { ...REQUEST.provider, ...provider } }).outputTokens;
    expect(answer({})).toBe(4096);
    expect(answer({ type: 'anthropic' })).toBe(4096);
    expect(answer({ options: { contextTokens: 1001 } })).toBe(251);
  });
});

describe('what a call has used', () => {
  it('keeps apart what its provider had in its cache, where it was lost', () => {
    const cached = { cachedInputTokens: 40, cacheWriteInputTokens: 10 };
    const usage = { ...counted(50, 1), ...cached };
    expect(usageInTheEnd(RESERVED, { isFinished: false, length: 300, usage })).toEqual({
      ...counted(50, 100),
      ...cached,
    });
  });

  it('is what its provider counted, where it finished', () => {
    const end = { isFinished: true, length: 30, usage: counted(7, 2) };
    expect(usageInTheEnd(RESERVED, end)).toEqual(counted(7, 2));
  });

  it('is its estimated input and what came, where nobody counted', () => {
    expect(usageInTheEnd(RESERVED, { isFinished: true, length: 30, usage: counted(0, 0) })).toEqual(counted(104, 10));
    expect(usageInTheEnd(RESERVED, { isFinished: false, length: 31 })).toEqual(counted(104, 11));
    expect(usageInTheEnd(RESERVED, { isFinished: false, length: 0, errorCode: 'timeout' })).toEqual(counted(104, 0));
    expect(usageInTheEnd(RESERVED, { isFinished: false, length: 300, usage: counted(50, 1) })).toEqual(
      counted(50, 100),
    );
  });

  it('is nothing where the provider refused it before a word came', () => {
    const end = { isFinished: false, errorCode: 'rate_limit' } as const;
    expect(usageInTheEnd(RESERVED, { ...end, length: 0 })).toEqual(counted(0, 0));
    expect(usageInTheEnd(RESERVED, { ...end, length: 3 })).toEqual(counted(104, 1));
  });

  it('costs nothing where nothing was used, and is not known without a price', () => {
    expect(amountOf(counted(0, 0), undefined)).toEqual({ nanoUsd: 0, tokens: 0 });
    expect(amountOf(counted(1, 1), undefined)).toBeUndefined();
    expect(amountOf(counted(1, 1), 0)).toEqual({ nanoUsd: 0, tokens: 2 });
    expect(amountOf(counted(1, 1), 0.0000000011)).toEqual({ nanoUsd: 2, tokens: 2 });
  });
});
