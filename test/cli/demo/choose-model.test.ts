import { describe, expect, it } from 'vitest';

import { chooseModel } from '../../../src/cli/demo/choose-model.js';
import type { ProviderConfig } from '../../../src/provider-settings.js';
import type { ProviderDirectory } from '../../../src/providers/directory/provider-status.js';

const DEMO = { script: () => ['answer'] };
const NONE = { openai: {}, anthropic: {}, google: {}, ollama: {} };
const KEYS = { openai: { apiKey: 'a' }, anthropic: { apiKey: 'b' }, google: { apiKey: 'c' } };

function settings(accounts: Partial<ProviderConfig['accounts']>): ProviderConfig {
  return { accounts: { ...NONE, ...accounts }, credentials: {} };
}

function ollamaWith(...models: string[]): ProviderDirectory {
  return { check: () => Promise.resolve([{ type: 'ollama', works: true, message: '', models, keys: [] }]) };
}

const NOBODY: ProviderDirectory = { check: () => Promise.resolve([]) };
const NEVER_ASKED: ProviderDirectory = { check: () => Promise.reject(new Error('asked')) };

describe("the demo's model", () => {
  it.each([
    [KEYS, { type: 'openai', model: 'gpt-4o-mini' }],
    [
      { ...KEYS, openai: {} },
      { type: 'anthropic', model: 'claude-haiku-4-5' },
    ],
    [{ google: KEYS.google }, { type: 'google', model: 'gemini-2.5-flash' }],
    [{ openai: { baseUrl: 'http://localhost:8080/v1' } }, { type: 'openai', model: 'gpt-4o-mini' }],
  ])('%j is taken without asking around', async (accounts, provider) => {
    const chosen = await chooseModel(settings(accounts), NEVER_ASKED, DEMO);
    expect(chosen).toMatchObject({ provider, isMock: false });
  });

  it('is the one that is asked for, of the provider that is set', async () => {
    const chosen = await chooseModel(settings({ google: KEYS.google }), NEVER_ASKED, { ...DEMO, model: 'mine' });
    expect(chosen.provider).toEqual({ type: 'google', model: 'mine' });
  });

  it('is the first of Ollama that answers prompts, when no key is set', async () => {
    const directory = ollamaWith('nomic-embed-text:latest', 'all-minilm', 'bge-m3', 'llama3.2:latest', 'qwen3');
    const chosen = await chooseModel(settings({}), directory, DEMO);
    expect(chosen).toMatchObject({ provider: { type: 'ollama', model: 'llama3.2:latest' }, isMock: false });
  });

  it.each([
    ['nothing else is there', NOBODY],
    ['Ollama has no model', ollamaWith()],
    ['Ollama has embedding models only', ollamaWith('mxbai-embed-large')],
  ])('is the mock when %s', async (_name, directory) => {
    expect(await chooseModel(settings({}), directory, DEMO)).toMatchObject({ isMock: true });
  });

  it('is described without what a base URL holds besides the address', async () => {
    const accounts = { openai: { baseUrl: 'http://user:hidden@localhost:8080/v1' } };
    const { label } = await chooseModel(settings(accounts), NEVER_ASKED, DEMO);
    expect(label).toBe('gpt-4o-mini at http://localhost:8080/v1');
  });
});
