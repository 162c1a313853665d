import { afterEach, describe, expect, it, vi } from 'vitest';

import { CircuitBreakerError } from '../../src/core/errors.js';
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

const QUERY = `{ llmProviders {
  type baseUrl works errorCode message models
  keys { name state until message } breaker { model state errorCode until }
} }`;

describe('llmProviders', () => {
  let api: ApiUnderTest | undefined;

  afterEach(() => api?.stop());

  it('says how each account of the API process stands', async () => {
    api = await apiUnderTest({ providers: { check: () => Promise.resolve(STATUSES) } });
    const response = await api.app.inject({ method: 'POST', url: '/graphql', payload: { query: QUERY } });
    const absent = { baseUrl: null, errorCode: null, breaker: [] };
    expect(response.json()).toEqual({
      data: { llmProviders: STATUSES.map((status) => ({ ...absent, ...status })) },
    });
  });

  it('has the breakers of models that failed lately, also of servers that are nobody’s account', async () => {
    api = await apiUnderTest({ providers: { check: () => Promise.resolve(STATUSES) } });
    const { breakers } = api.storage;
    const open = { type: 'open', code: 'overloaded', forMs: 30_000 } as const;
    await breakers.replace({ provider: 'openai', origin: 'https://api.openai.com', model: 'one' }, undefined, open);
    await breakers.replace({ provider: 'custom', origin: 'http://own:1', model: 'mine' }, undefined, open);
    const failed = { type: 'closed', failures: 2 } as const;
    await breakers.replace({ provider: 'custom', origin: 'http://own:1', model: 'other' }, undefined, failed);
    const response = await api.app.inject({ method: 'POST', url: '/graphql', payload: { query: QUERY } });
    const shown = (model: string) => [
      { model, state: 'OPEN', errorCode: 'overloaded', until: expect.any(String) as string },
    ];
    expect(response.json()).toMatchObject({
      data: {
        llmProviders: [
          { type: 'openai', breaker: shown('one') },
          { type: 'ollama', breaker: [] },
          { type: 'mock', breaker: [] },
          { type: 'custom', baseUrl: 'http://own:1', works: false, breaker: shown('mine') },
        ],
      },
    });
  });

  it('says how the accounts stand while storage is away', { tags: 'storage-away' }, async () => {
    api = await apiUnderTest({ providers: { check: () => Promise.resolve(STATUSES) } });
    const away = new CircuitBreakerError('UNAVAILABLE', 'away');
    vi.spyOn(api.storage.breakers, 'list').mockRejectedValue(away);
    const response = await api.app.inject({ method: 'POST', url: '/graphql', payload: { query: QUERY } });
    expect(response.json()).toMatchObject({ data: { llmProviders: [{ breaker: null }, {}, {}] } });
  });
});
