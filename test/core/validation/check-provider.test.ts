import { describe, expect, it } from 'vitest';
import type { LlmProvider } from '../../../src/core/agents/agent.js';
import { checkProvider } from '../../../src/core/validation/check-provider.js';
import { aProvider } from '../../support/model-request.js';

function codes(fields: Partial<LlmProvider>): readonly string[] {
  return checkProvider(aProvider(fields)).map(({ code, pointer }) => `${code} ${pointer}`);
}

describe('checkProvider', () => {
  it('accepts a custom server with a credential, headers by reference and known options', () => {
    const problems = codes({
      baseUrl: 'https://llm.example.com/v1',
      credential: 'CREDENTIAL_LLM',
      headers: { 'X-Team': 'documents', 'api-key': '${CREDENTIAL_LLM}' },
      options: { tokenLimitField: 'max_tokens', structuredOutput: 'prompt', extraBody: { top_k: 5 } },
    });
    expect(problems).toEqual([]);
  });

  it('reports all problems at once', () => {
    const problems = codes({ baseUrl: 'ftp://x', credential: 'sk-123', options: { apiKey: 'sk-123', nonsense: 1 } });
    expect(problems).toEqual([
      'BASE_URL_INVALID /baseUrl',
      'CREDENTIAL_INVALID /credential',
      'API_KEY_IN_DEFINITION /options/apiKey',
      'OPTION_UNKNOWN /options/nonsense',
    ]);
  });

  it('requires the base URL of a custom server', () => {
    const provider: LlmProvider = { type: 'custom', model: 'm', headers: {}, options: {} };
    expect(checkProvider(provider).map(({ code }) => code)).toEqual(['BASE_URL_MISSING']);
  });

  it.each(['not a url', 'file:///etc/passwd', 'https://user:secret@host/v1', 'https://host/v1?key=1'])(
    'refuses the base URL %s',
    (baseUrl) => {
      expect(codes({ baseUrl })).toEqual(['BASE_URL_INVALID /baseUrl']);
    },
  );

  it.each([
    ['Authorization', 'Bearer sk-abc'],
    ['Authorization', 'Bearer sk-abc${CREDENTIAL_X}'],
    ['api-key', '0123456789'],
    ['X-Api-Key', '0123456789'],
    ['x-goog-api-key', '0123456789'],
    ['Cookie', 'session=1'],
    ['X-Proxy-Password', 'open sesame'],
    ['Ocp-Apim-Subscription-Key', '0123456789'],
    ['X-Note', 'Bearer abcdefgh1234'],
    ['X-Note', 'sk-0123456789'],
  ])('refuses a literal secret in the header %s', (name, value) => {
    expect(codes({ headers: { [name]: value } })).toEqual([`HEADER_SECRET /headers/${name}`]);
  });

  it.each([
    ['X-Note', 'one\r\nX-Two: 2'],
    ['X-Note', 'nul\0'],
    ['X Note', 'name with a blank'],
    ['Host', 'other.example.com'],
    ['Content-Length', '0'],
  ])('refuses the header %j with %j, which would change the request', (name, value) => {
    expect(codes({ headers: { [name]: value } })).toEqual([`HEADER_INVALID /headers/${name}`]);
  });

  it('refuses references to variables that are not credentials', () => {
    const headers = { 'X-Note': '${HOME}', 'X-Hosts': '${CREDENTIAL_X_HOSTS}' };
    expect(codes({ headers })).toEqual([
      'HEADER_REFERENCE_INVALID /headers/X-Note',
      'HEADER_REFERENCE_INVALID /headers/X-Hosts',
    ]);
  });

  it('refuses two ways of authorization at once', () => {
    const problems = codes({ credential: 'CREDENTIAL_A', headers: { authorization: 'Bearer ${CREDENTIAL_B}' } });
    expect(problems).toEqual(['CREDENTIAL_INVALID /credential']);
  });

  it.each([{ model: 'other' }, { messages: [] }, { stream: false }, { n: 2 }])(
    'refuses an extraBody that overrules the agent: %j',
    (extraBody) => {
      expect(codes({ options: { extraBody } })).toEqual(['OPTION_INVALID /options/extraBody']);
    },
  );

  it.each([[['stream_options', 'generationConfig.topP']], [[]]])(
    'takes %j as what is left out of a request',
    (omit) => {
      expect(codes({ options: { omit } })).toEqual([]);
    },
  );

  it.each(['stream_options', [''], ['a b'], [7], ['a..b'], Array.from({ length: 51 }, () => 'a')])(
    'refuses %j as what is left out of a request',
    (omit) => {
      expect(codes({ options: { omit } })).toEqual(['OPTION_INVALID /options/omit']);
    },
  );

  it.each(['yes', 1, null])('refuses %j as whether prompts are kept', (promptCaching) => {
    expect(codes({ options: { promptCaching } })).toEqual(['OPTION_INVALID /options/promptCaching']);
  });

  it('finds a key within extraBody, at any depth, and nothing in names that only sound like one', () => {
    const extraBody = { api_key: 'x', sources: [{ auth: { token: 'x' } }], prompt_cache_key: 'x', stop_token: '</s>' };
    expect(codes({ options: { extraBody } })).toEqual([
      'API_KEY_IN_DEFINITION /options/extraBody/api_key',
      'API_KEY_IN_DEFINITION /options/extraBody/sources/0/auth/token',
    ]);
  });

  it('checks the options of the mock', () => {
    const provider: LlmProvider = {
      type: 'mock',
      model: 'mock',
      headers: {},
      options: { responses: [], failWith: 'bored', delayMs: -1 },
    };
    expect(checkProvider(provider).map(({ pointer }) => pointer)).toEqual([
      '/options/responses',
      '/options/failWith',
      '/options/delayMs',
    ]);
  });

  it('escapes names in its pointers', () => {
    expect(codes({ options: { 'a/b~c': 1 } })).toEqual(['OPTION_UNKNOWN /options/a~1b~0c']);
  });
});
