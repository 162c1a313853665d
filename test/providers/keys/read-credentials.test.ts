import { describe, expect, it } from 'vitest';

import { secretMask } from '../../../src/core/secrets.js';
import { readCredentials, type ProviderSettings } from '../../../src/providers/keys/read-credentials.js';

const reading = (accounts: NonNullable<ProviderSettings['accounts']>, credentials: Record<string, string> = {}) =>
  readCredentials({ accounts, credentials });
const keysOf = (account: { apiKey?: string; apiKeys?: string }) =>
  reading({ openai: account }).accounts.openai?.keys.map(({ secret, source }) => `${source}: ${secret}`);

describe('a list of keys', () => {
  it.each([
    ['a,b', ['OPENAI_API_KEYS, key 1: a', 'OPENAI_API_KEYS, key 2: b']],
    [' a ,\n b,\n', ['OPENAI_API_KEYS, key 1: a', 'OPENAI_API_KEYS, key 2: b']],
    [',, a,,a , b,', ['OPENAI_API_KEYS, key 1: a', 'OPENAI_API_KEYS, key 3: b']],
    ['a', ['OPENAI_API_KEYS: a']],
  ])('is read without blanks and doubles: %j', (apiKeys, keys) => {
    expect(keysOf({ apiKeys })).toEqual(keys);
  });

  it.each([
    ['OPENAI_API_KEYS', { apiKeys: ' , ,' }],
    ['OPENAI_BASE_URLS', { baseUrls: ',,' }],
  ])('that has commas only is a fault, not the lack of one: %s', (name, openai) => {
    expect(() => readCredentials({ accounts: { openai }, credentials: {} })).toThrow(`${name} has commas and nothing`);
  });

  it('may stand beside the variable for one key; a key that both have is one', () => {
    expect(keysOf({ apiKey: 'b\n', apiKeys: 'a,b,c' })).toEqual([
      'OPENAI_API_KEY: b',
      'OPENAI_API_KEYS, key 1: a',
      'OPENAI_API_KEYS, key 3: c',
    ]);
  });

  it.each([
    [{ apiKeys: 'sk-good-1,sk-bad\u0007-2,sk-good-3' }, /^OPENAI_API_KEYS has .*, in key 2 of its list$/],
    [{ apiKeys: 'sk-good-1,sk-bad\n-2' }, /^OPENAI_API_KEYS has .*, in key 2 of its list$/],
    [{ apiKeys: 'sk-bad\u0007' }, /^OPENAI_API_KEYS has a line break/],
    [{ apiKeys: Array.from({ length: 101 }, (_, at) => `sk-${at}`).join() }, /^OPENAI_API_KEYS has 101 keys/],
    [{ baseUrls: 'http://a/v1,ftp://user:sk-bad@b' }, /^OPENAI_BASE_URLS has no http\(s\) address in place 2$/],
    [{ baseUrls: Array.from({ length: 21 }, (_, at) => `http://h${at}`).join() }, /^OPENAI_BASE_URLS has 21 addresses/],
  ])('that cannot be used names its variable and the place, and no key: %#', (openai, message) => {
    const read = () => reading({ openai });
    expect(read).toThrow(
      expect.objectContaining({ code: 'VALIDATION_FAILED', message: expect.stringMatching(message) as string }),
    );
    expect(read).not.toThrow(/sk-/);
  });

  it('may be what a credential for agents has, whose fault names the place, too', () => {
    const { named } = reading({}, { CREDENTIAL_X: 'one, two,one', CREDENTIAL_X_HOSTS: 'x.example.com' });
    expect(named.get('CREDENTIAL_X')?.keys.map(({ source }) => source)).toEqual([
      'CREDENTIAL_X, key 1',
      'CREDENTIAL_X, key 2',
    ]);
    expect(() => reading({}, { CREDENTIAL_X: 'one,t\u0000o' })).toThrow(/^CREDENTIAL_X has .*, in key 2/);
  });

  it('has each of its keys among the secrets that no message shows', () => {
    const { secrets } = reading(
      { anthropic: { apiKeys: 'sk-first-key,sk-second-key' }, google: { apiKey: 'AI-third-key' } },
      { CREDENTIAL_X: 'fourth-key,fifth-key' },
    );
    const mask = secretMask(secrets);
    const all = 'sk-first-key sk-second-key AI-third-key fourth-key fifth-key';
    expect(mask(all)).toBe(Array.from({ length: 5 }, () => '[secret]').join(' '));
  });
});

describe('several addresses', () => {
  it('are those of both variables, each once', () => {
    const { accounts } = reading({ ollama: { baseUrl: 'http://a:1', baseUrls: ' http://b:1 ,, http://a:1' } });
    expect(accounts.ollama?.baseUrls).toEqual(['http://a:1', 'http://b:1']);
  });
});
