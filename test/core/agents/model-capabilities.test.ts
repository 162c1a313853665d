import { describe, expect, it } from 'vitest';
import type { LlmProvider } from '../../../src/core/agents/agent.js';
import { capabilitiesOf } from '../../../src/core/agents/model-capabilities.js';

const of = (type: LlmProvider['type'], model: string, options = {}) => capabilitiesOf({ type, model, options });

describe('what a model takes', () => {
  it.each(['openai', 'anthropic', 'google', 'ollama', 'custom', 'mock'] as const)(
    'is known for a model of %s that nobody has heard of: it works',
    (type) => {
      expect(of(type, 'brand-new-1')).toMatchObject({ structuredOutput: 'json_schema', tools: true });
    },
  );

  it.each([
    ['openai', 'gpt-5-mini', ['temperature', 'topP', 'frequencyPenalty', 'presencePenalty']],
    ['openai', 'o3', ['temperature', 'topP', 'frequencyPenalty', 'presencePenalty']],
    ['openai', 'gpt-4o', ['frequencyPenalty', 'presencePenalty']],
    ['google', 'gemini-3-pro', ['temperature', 'topP', 'frequencyPenalty', 'presencePenalty']],
    ['google', 'gemini-2.5-flash', []],
    ['custom', 'llama', []],
  ] as const)('%s %s refuses %j', (type, model, refused) => {
    expect(of(type, model).refuses).toEqual(refused);
  });

  it.each([
    ['openai', 'gpt-4o-mini', 'json_schema'],
    ['openai', 'gpt-3.5-turbo', 'json_object'],
    ['anthropic', 'claude-sonnet-4-5', 'json_schema'],
    ['anthropic', 'claude-3-haiku-20240307', 'prompt'],
    ['anthropic', 'claude-sonnet-4-20250514', 'prompt'],
    ['google', 'gemma-3-27b-it', 'prompt'],
  ] as const)('%s %s gives structured answers by %s', (type, model, mode) => {
    expect(of(type, model).structuredOutput).toBe(mode);
  });

  it.each([
    ['https://api.deepseek.com/v1', 'json_object'],
    ['https://dashscope-intl.aliyuncs.com/compatible-mode/v1', 'json_object'],
    ['https://notdeepseek.com/v1', 'json_schema'],
    ['http://localhost:8000/v1', 'json_schema'],
  ])('a server at %s gives structured answers by %s', (baseUrl, mode) => {
    expect(capabilitiesOf({ type: 'custom', model: 'm', options: {}, baseUrl }).structuredOutput).toBe(mode);
  });

  it.each([
    ['anthropic', 'claude-sonnet-4-6', 1024, 1.25],
    ['anthropic', 'claude-opus-4-20250514', 1024, 1.25],
    ['anthropic', 'claude-opus-4-8', 1024, 1.25],
    ['anthropic', 'claude-sonnet-5', 1024, 1.25],
    ['anthropic', 'claude-sonnet-5-20260801', 1024, 1.25],
    ['anthropic', 'claude-sonnet-5-5', 512, 1.25],
    ['anthropic', 'claude-opus-5', 512, 1.25],
    ['anthropic', 'claude-opus-4-7', 2048, 1.25],
    ['anthropic', 'claude-3-5-haiku-20241022', 2048, 1.25],
    ['anthropic', 'claude-opus-4-5-20251101', 4096, 1.25],
    ['anthropic', 'claude-haiku-4-5', 4096, 1.25],
    ['openai', 'gpt-4o', 1024, 1],
    ['openai', 'gpt-5.6', 1024, 1.25],
  ] as const)(
    '%s keeps prompts of %s from %i tokens on, for %f of their price',
    (type, model, fromTokens, writePrice) => {
      expect(of(type, model).promptCache).toEqual({ fromTokens, writePrice });
    },
  );

  it.each([
    ['openai', 'gpt-4-turbo'],
    ['anthropic', 'claude-2.1'],
    ['google', 'gemini-3-pro'],
    ['ollama', 'llama3'],
  ] as const)('%s is asked to keep nothing of %s', (type, model) => {
    expect(of(type, model).promptCache).toBeNull();
  });

  it('the options of the agent know better', () => {
    expect(of('ollama', 'llama3', { contextTokens: 8192, structuredOutput: 'prompt' })).toMatchObject({
      contextTokens: 8192,
      structuredOutput: 'prompt',
    });
  });
});
