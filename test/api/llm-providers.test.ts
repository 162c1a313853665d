import { afterEach, describe, expect, it } from 'vitest';

import type { ProviderStatus } from '../../src/providers/directory/provider-status.js';
import { apiUnderTest, type ApiUnderTest } from '../support/api-under-test.js';

const KEYS = [
  { name: 'OPENAI_API_KEYS, key 1', state: 'OK', until: '2026-11-30T12:00:00.000Z', message: 'Works.' },
  { name: 'OPENAI_API_KEYS, key 2', state: 'REFUSED', until: '2026-11-30T12:00:00.000Z', message: 'Refused.' },
] as const;

const STATUSES: readonly ProviderStatus[] = [
  {
    type: 'openai',
    baseUrl: 'https://api.openai.com/v1',
    works: true,
    message: 'Offers 1 model.',
    models: ['one'],
    keys: KEYS,
  },
  {
    type: 'ollama',
    baseUrl: 'http://box:11434',
    works: false,
    errorCode: 'network',
    message: 'Refused.',
    models: [],
    keys: [],
  },
  { type: 'mock', works: true, message: 'Answers from a script.', models: [], keys: [] },
];

const QUERY = '{ llmProviders { type baseUrl works errorCode message models keys { name state until message } } }';

describe('llmProviders', () => {
  let api: ApiUnderTest | undefined;

  afterEach(() => api?.stop());

  it('says how each account of the API process stands', async () => {
    api = await apiUnderTest({ providers: { check: () => Promise.resolve(STATUSES) } });
    const response = await api.app.inject({ method: 'POST', url: '/graphql', payload: { query: QUERY } });
    const absent = { baseUrl: null, errorCode: null };
    expect(response.json()).toEqual({
      data: { llmProviders: STATUSES.map((status) => ({ ...absent, ...status })) },
    });
  });
});
