import { describe, expect, it } from 'vitest';
import type { LlmProvider } from '../../../src/core/agents/agent.js';
import { resolveEndpoints } from '../../../src/providers/keys/endpoint.js';
import { readCredentials } from '../../../src/providers/keys/read-credentials.js';
import { aProvider } from '../../support/model-request.js';

const credentials = readCredentials({
  accounts: { openai: { apiKey: 'sk-openai\n', baseUrl: 'http://localhost:8080/v1' } },
  credentials: {
    CREDENTIAL_LLM: 'secret-llm',
    CREDENTIAL_LLM_HOSTS: 'llm.example.com, Other.example.com:8443',
    CREDENTIAL_UNBOUND: 'secret-unbound',
  },
});

function openai(fields: Partial<LlmProvider> = {}): LlmProvider {
  return { type: 'openai', model: 'gpt-4o', headers: {}, options: {}, ...fields };
}

const endpointOf = (...call: Parameters<typeof resolveEndpoints>) => resolveEndpoints(...call)[0];

describe("a provider's own key", () => {
  it('goes to the base URL of its account, which calls go to by default', () => {
    const endpoint = endpointOf(openai(), credentials);
    expect([endpoint.baseUrl.href, endpoint.key]).toEqual(['http://localhost:8080/v1', 'sk-openai']);
  });

  it('goes to the own host of the provider', () => {
    expect(endpointOf(openai({ baseUrl: 'https://api.openai.com/v1' }), credentials).key).toBe('sk-openai');
  });

  it.each([
    'https://evil.example.com/v1',
    'https://api.openai.com.evil.example.com/v1',
    'http://api.openai.com/v1',
    'https://api.openai.com:8443/v1',
    'http://localhost:8081/v1',
  ])('does not go to %s', (baseUrl) => {
    expect(endpointOf(openai({ baseUrl }), credentials).key).toBeUndefined();
  });

  it('does not go anywhere for a custom provider', () => {
    expect(endpointOf(aProvider({ baseUrl: 'https://api.openai.com/v1' }), credentials).key).toBeUndefined();
  });

  it('is asked for by name when the own host is called without one', () => {
    const none = readCredentials({ credentials: {} });
    expect(() => endpointOf(openai(), none)).toThrow(/set OPENAI_API_KEY/);
  });
});

describe('a named credential', () => {
  const named = (baseUrl: string, credential = 'CREDENTIAL_LLM') =>
    endpointOf(aProvider({ baseUrl, credential }), credentials);

  it('goes to a host that it is bound to, on any port', () => {
    expect(named('https://llm.example.com:9000/v1').key).toBe('secret-llm');
  });

  it('goes to the one port that its binding names', () => {
    expect(named('https://other.example.com:8443/v1').key).toBe('secret-llm');
    expect(() => named('https://other.example.com/v1')).toThrow(/not bound to other\.example\.com/);
  });

  it.each([
    ['CREDENTIAL_LLM', /CREDENTIAL_LLM_HOSTS/],
    ['CREDENTIAL_UNBOUND', /not bound/],
    ['CREDENTIAL_MISSING', /not set/],
  ])('is refused with the code auth and without its value: %s', (name, message) => {
    expect(() => named('https://evil.example.com/v1', name)).toThrow(
      expect.objectContaining({ code: 'auth', message: expect.stringMatching(message) as string }),
    );
    expect(() => named('https://evil.example.com/v1', name)).not.toThrow(/secret-/);
  });

  it('goes over TLS only, except to this machine', () => {
    const bound = readCredentials({
      credentials: { CREDENTIAL_A: 'secret-a', CREDENTIAL_A_HOSTS: 'a.example.com, 10.0.0.7:8080, localhost, [::1]' },
    });
    const to = (baseUrl: string, fields: Partial<LlmProvider> = { credential: 'CREDENTIAL_A' }) =>
      endpointOf(aProvider({ baseUrl, ...fields }), bound);
    const refused = expect.objectContaining({
      code: 'auth',
      message: expect.stringContaining('TLS') as string,
    }) as Error;
    for (const url of ['http://a.example.com/v1', 'http://a.example.com:443', 'http://10.0.0.7:8080']) {
      expect(() => to(url)).toThrow(refused);
      expect(() => to(url, { headers: { 'api-key': '${CREDENTIAL_A}' } })).toThrow(refused);
    }
    for (const url of ['https://a.example.com', 'http://localhost:1234', 'http://[::1]:8080/v1']) {
      expect(to(url).key).toBe('secret-a');
    }
  });

  it('fills header references, under the same binding', () => {
    const headers = { 'Api-Key': '${CREDENTIAL_LLM}', 'X-Team': 'documents' };
    const filled = endpointOf(aProvider({ baseUrl: 'https://llm.example.com/v1', headers }), credentials);
    expect(filled.headers).toEqual({ 'api-key': 'secret-llm', 'x-team': 'documents' });
    expect(() => endpointOf(aProvider({ baseUrl: 'https://evil.example.com', headers }), credentials)).toThrow(/bound/);
  });

  it('is not expanded again when its value looks like a reference', () => {
    const nested = readCredentials({
      credentials: { CREDENTIAL_A: '${CREDENTIAL_B}', CREDENTIAL_A_HOSTS: 'a.example.com', CREDENTIAL_B: 'other' },
    });
    const provider = aProvider({ baseUrl: 'https://a.example.com', headers: { 'api-key': '${CREDENTIAL_A}' } });
    expect(endpointOf(provider, nested).headers).toEqual({ 'api-key': '${CREDENTIAL_B}' });
  });
});

describe('readCredentials', () => {
  it.each([
    [{ CREDENTIAL_X: 'two\nlines' }, 'CREDENTIAL_X has a line break'],
    [
      { CREDENTIAL_X: 'key', CREDENTIAL_X_HOSTS: 'https://x.example.com' },
      'CREDENTIAL_X_HOSTS has "https://x.example.com"',
    ],
  ])('names the variable that is wrong', (variables, message) => {
    expect(() => readCredentials({ credentials: variables })).toThrow(message);
  });
});
