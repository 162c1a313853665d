import { describe, expect, it } from 'vitest';

import { parseAgentInput } from '../../../src/core/validation/agent-schema.js';

const OWN = { type: 'custom', model: 'm', baseUrl: 'https://models.example.com/v1' };
const OTHER = { type: 'openai', model: 'gpt-4o' };

function problems(...fallbacks: readonly object[]): readonly string[] {
  const prompts = { system: 's', userTemplate: 'u' };
  const parsed = parseAgentInput({ name: 'N', llmProvider: OWN, prompts, fallbacks });
  return 'problems' in parsed ? parsed.problems.map(({ code, pointer }) => `${code} ${pointer}`) : [];
}

describe('fallbacks of an agent', () => {
  it('are other providers, also the same model with another key or elsewhere', () => {
    const elsewhere = { ...OWN, baseUrl: 'https://other.example.com/v1' };
    const others = [OTHER, { ...OTHER, credential: 'CREDENTIAL_SECOND' }, elsewhere, { ...OWN, model: 'n' }];
    expect(problems(...others.map((llmProvider) => ({ llmProvider })))).toEqual([]);
  });

  it.each([
    ['the agent’s own provider', [{ llmProvider: OWN }], 'INVALID_VALUE /fallbacks/0/llmProvider'],
    [
      'its own in other spelling',
      [{ llmProvider: { ...OWN, baseUrl: `${OWN.baseUrl}/`, options: { idleTimeoutSeconds: 5 } } }],
      'INVALID_VALUE /fallbacks/0/llmProvider',
    ],
    [
      'one that is there twice',
      [{ llmProvider: OTHER }, { llmProvider: OTHER, on: ['auth'] }],
      'INVALID_VALUE /fallbacks/1/llmProvider',
    ],
    [
      'a key in it',
      [{ llmProvider: { ...OTHER, headers: { Authorization: 'Bearer sk-1' } } }],
      'HEADER_SECRET /fallbacks/0/llmProvider/headers/Authorization',
    ],
    ['a code that no call ends with', [{ llmProvider: OTHER, on: ['oops'] }], 'INVALID_VALUE /fallbacks/0/on/0'],
    ['an end that is no provider’s', [{ llmProvider: OTHER, on: ['cancelled'] }], 'INVALID_VALUE /fallbacks/0/on/0'],
    ['one for nothing', [{ llmProvider: OTHER, on: [] }], 'INVALID_VALUE /fallbacks/0/on'],
    ['an unknown field', [{ llmProvider: OTHER, after: 3 }], 'UNKNOWN_FIELD /fallbacks/0/after'],
    [
      'five of them',
      Array.from({ length: 5 }, (_, n) => ({ llmProvider: { ...OTHER, model: `m-${n}` } })),
      'INVALID_VALUE /fallbacks',
    ],
  ])('cannot be %s', (_name, fallbacks, problem) => {
    expect(problems(...fallbacks)).toEqual([problem]);
  });
});
