import { describe, expect, it } from 'vitest';
import {
  isSecretName,
  secretMask,
  secretsOf,
  showsSecret,
  shownAddress,
  shownValue,
  withoutKeys,
} from '../../src/core/secrets.js';

describe('a name', () => {
  it.each([
    [
      'OPENAI_API_KEY',
      'AWS_SECRET_ACCESS_KEY',
      'CREDENTIAL_X',
      'PGPASSWORD',
      'GITHUB_TOKEN',
      'STREAM_AUTH_SECRET',
      'PAYLOAD_ENCRYPTION_KEYS',
    ],
    [
      'authorization',
      'Proxy-Authorization',
      'cookie',
      'Set-Cookie',
      'x-api-key',
      'X-Goog-Api-Key',
      'apikey',
      'x_auth_token',
    ],
    [
      'ocp-apim-subscription-key',
      'x-functions-key',
      'apiKey',
      'clientSecret',
      'accessToken',
      'private_key',
      'passphrase',
    ],
  ])('says that its value is secret: %s', (...names) => {
    expect(names.filter((name) => !isSecretName(name))).toEqual([]);
  });

  it.each([
    ['PORT', 'TEMPORAL_TLS_KEY_PATH', 'CREDENTIAL_X_HOSTS', 'OPENAI_API_KEY_FILE', 'OPENAI_BASE_URL', 'SSH_AUTH_SOCK'],
    [
      'idempotency-key',
      'x-request-id',
      'prompt_cache_key',
      'partition-key',
      'max_tokens',
      'maxOutputTokens',
      'KEYBOARD',
    ],
    ['stop_token', 'eosToken', 'tokenLimitField', 'secretary', 'monkey'],
  ])('says nothing of the kind: %s', (...names) => {
    expect(names.filter(isSecretName)).toEqual([]);
  });
});

describe('what is secret in an environment', () => {
  it.each([
    ['the value of a secret name', { OPENAI_API_KEY: ' sk-1 \n' }, ['sk-1']],
    ['every line of it, too', { CREDENTIAL_PEM: 'line-1\nline-2' }, ['line-1\nline-2', 'line-1', 'line-2']],
    [
      'every key of a list',
      { OPENAI_API_KEYS: 'sk-1, sk-2', CREDENTIAL_X: 'a,b' },
      ['sk-1, sk-2', 'sk-1', 'sk-2', 'a,b', 'a', 'b'],
    ],
    ['a password in any address of a list', { OLLAMA_BASE_URLS: 'http://h,http://me:pw-2@i' }, ['pw-2']],
    [
      'a password in an address, as it stands there and as it is',
      { STORAGE_URL: 'postgres://me:p%40ss@db/x' },
      ['p%40ss', 'p@ss'],
    ],
    ['a token before a server of NATS', { STREAM_URL: 'nats://s3cr3t@nats:4222' }, ['s3cr3t']],
    ['a password in a query', { STREAM_URL: 'redis://h?db=1&password=pw' }, ['pw']],
    [
      'a key in the address of a provider',
      { GOOGLE_BASE_URL: 'https://u:pw@proxy.example/v1?key=AIza1' },
      ['pw', 'AIza1'],
    ],
    ['a password that makes an address unreadable', { STORAGE_URL: 'postgres://me:p#s/s@db/x' }, ['me:p#s/s', 'p#s/s']],
    ['what the program passes on to others', { HTTPS_PROXY: 'http://me:pw@proxy:8080', PGPASSWORD: 'x' }, ['pw', 'x']],
    [
      'nothing else',
      { PORT: '4000', CREDENTIAL_X_HOSTS: 'host', STORAGE_URL: 'postgres://me@db/x', HOME: '/root' },
      [],
    ],
    ['not the folder that a shell is in', { PWD: '/home/me/project', OLDPWD: '/home/me' }, []],
    ['a password by the same word', { DB_PWD: 'planted' }, ['planted']],
  ])('%s', (_, environment, secrets) => {
    expect([...secretsOf(environment as Record<string, string>)].sort()).toEqual([...secrets].sort());
  });
});

describe('a variable in a message', () => {
  it.each([
    ['OPENAI_API_KEY', 'planted-secret', 'not valid'],
    ['OPENAI_BASE_URL', 'ftp://me:planted@host/v1', '"ftp://[secret]@host/v1"'],
    ['PORT', 'sk-planted-0123456789', '"[secret]"'],
    ['PORT', 'eighty', '"eighty"'],
  ])('%s=%s is shown as %s', (name, value, shown) => {
    expect(shownValue(name, value)).toBe(shown);
  });

  it('an address is shown without what opens it', () => {
    expect(shownAddress('https://me:pw@host:8443/v1/?key=k#x')).toBe('https://host:8443/v1');
    expect(shownAddress('postgres://me:pw@db/x')).toBe('postgres://db/x');
  });
});

describe('a mask of secrets', () => {
  const mask = secretMask(['p@ss/word"1', 'p@ss/word"1-longer', 'short']);

  it.each([
    ['as they are', 'the key p@ss/word"1 was sent'],
    ['within JSON', JSON.stringify({ key: 'p@ss/word"1' })],
    ['within JSON within JSON', JSON.stringify(JSON.stringify({ key: 'p@ss/word"1' }))],
    ['within an address', `postgres://me:${encodeURIComponent('p@ss/word"1')}@db/x`],
    ['as a form is sent', new URLSearchParams({ key: 'p@ss/word"1' }).toString()],
    ['in hexadecimal', Buffer.from('p@ss/word"1').toString('hex')],
    ['in the header of basic authentication', `Basic ${Buffer.from('me:p@ss/word"1').toString('base64')}`],
  ])('hides them %s', { tags: 'no-secrets' }, (_, text) => {
    const masked = mask(text);
    expect(masked).toContain('[secret]');
    expect(masked).not.toMatch(/word/);
  });

  it('leaves nothing of a secret behind that another one begins with', () => {
    expect(mask('p@ss/word"1-longer')).toBe('[secret]');
  });

  it('leaves words alone that are too short to be a secret', () => {
    expect(mask('a short word')).toBe('a short word');
  });

  it('hides what opens an address, however short or unknown it is', () => {
    expect(mask('cannot reach redis://:pw@cache:6379/0 or nats://t@n')).toBe(
      'cannot reach redis://[secret]@cache:6379/0 or nats://[secret]@n',
    );
  });

  it('takes time in proportion to the text', () => {
    // Whatever looks at the rest of the text from every place in it takes longer than any test may.
    const text = '://'.repeat(300_000) + 'a'.repeat(1_000_000) + 'http://'.repeat(100_000);
    expect(mask(text)).toBe(text);
  });

  it('of no secrets changes nothing', () => {
    expect(secretMask([])('text')).toBe('text');
  });
});

describe('a text that repeats a secret', () => {
  const secret = 'Planted"key/with spaces-01';
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  it.each([
    ['as it is', `no such key: ${secret}`],
    ['in another case', secret.toUpperCase()],
    ['within JSON', JSON.stringify(JSON.stringify({ secret }))],
    ['within an address', encodeURIComponent(secret).toLowerCase()],
    ['within a page', `<p>${secret.replaceAll('"', '&quot;')}</p>`],
    ['in hexadecimal', Buffer.from(secret).toString('hex').toUpperCase()],
    ['over two lines', secret.replace(' ', '\n')],
    ['in base64', base64(secret)],
    ['in base64 behind a name', base64(`user:${secret}`)],
    ['in base64 behind another name', base64(`users:${secret}, and more`)],
  ])('is found out when it has it %s', { tags: 'no-secrets' }, (_, text) => {
    expect(showsSecret(text, [secret])).toBe(true);
  });

  it('is one that does: others are left alone, however long they are', () => {
    expect(showsSecret('\\'.repeat(200_000) + 'The model is overloaded. '.repeat(10_000), [secret])).toBe(false);
    expect(showsSecret('anything', [])).toBe(false);
  });
});

it.each([
  'sk-proj_0123456789',
  'AIzaSyA-0123456789',
  'Authorization: Bearer abcdefgh12',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJlIn0.c2ln',
])('%s looks like a key, whoever has it', (text) => {
  expect(withoutKeys(`no such key: ${text}`)).toMatch(/^no such key: (?:Authorization: )?\[secret\]$/);
});
