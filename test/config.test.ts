import { describe, expect, it } from 'vitest';

import { parseConfig } from '../src/config.js';

const parse = (environment: Record<string, string>) => parseConfig(environment, { isTerminal: false });

describe('the configuration', () => {
  it('has its documented defaults', () => {
    expect(parse({ HOME: '/home/ada' })).toMatchObject({
      port: 4000,
      host: '127.0.0.1',
      dataDir: '.circuit-breaker',
      storageUrl: 'pglite:.circuit-breaker/storage',
      streamUrl: 'pglite:.circuit-breaker/storage',
      taskQueuePrefix: 'circuit-breaker',
      maxConcurrentExecutions: 50,
      executionTimeoutSeconds: 300,
      streamBufferSize: 1000,
      logFormat: 'json',
      temporal: { namespace: 'default', port: 7233, uiPort: 8233, programs: { forAll: {}, forDownloads: {} } },
    });
  });

  it('keeps streams where everything else is, unless told otherwise', () => {
    const storage = { STORAGE_URL: 'postgres://db/a' };
    expect(parse(storage).streamUrl).toBe('postgres://db/a');
    expect(parse({ ...storage, STREAM_URL: 'memory:' }).streamUrl).toBe('memory:');
  });

  it('keeps agents where everything else is, unless a server of their own is named', () => {
    expect(parse({ STORAGE_URL: 'postgres://db/a' }).agentStorageUrl).toBeUndefined();
    for (const url of ['redis://a/1', 'rediss://a', 'nats://a/bucket', 'tls://a']) {
      expect(parse({ AGENT_STORAGE_URL: url }).agentStorageUrl).toBe(url);
    }
    expect(() => parse({ AGENT_STORAGE_URL: 'mysql://me:pw@a' })).toThrow(
      /^AGENT_STORAGE_URL is "mysql:\/\/[^"]*": must be a redis:\/\/, rediss:\/\/, nats:\/\/ or tls:\/\/ address$/,
    );
    expect(() => parse({ AGENT_STORAGE_URL: 'mysql://me:pw@a' })).not.toThrow(/pw/);
  });

  it('takes an empty variable for one that is not set', () => {
    expect(parse({ PORT: '', OPENAI_API_KEY: '' })).toMatchObject({ port: 4000, providers: {} });
  });

  it('says everything that is wrong at once, a line for each variable, with what it was and what it may be', () => {
    expect(() => parse({ PORT: '70000', LOG_LEVEL: 'loud', TEMPORAL_ADDRESS: 'localhost' })).toThrow(
      /^PORT is "70000": .+\nTEMPORAL_ADDRESS is "localhost": must be host:port.+\nLOG_LEVEL is "loud": .+$/,
    );
  });

  it.each(['0.0.0.0', '::', '192.168.0.1', 'example.org', '127.0.0.1.example.org'])('does not listen on %s', (HOST) => {
    expect(() => parse({ HOST })).toThrow(/AGENT_ACCESS_TOKEN=.+\n {2}HOST=127\.0\.0\.1$/);
    expect(parse({ HOST, AGENT_ACCESS_TOKEN: 'cb_0123456789abcdef' }).host).toBe(HOST);
  });

  it.each([
    [{}, true],
    [{ HOST: 'localhost' }, true],
    [{ HOST: '0.0.0.0', AGENT_ACCESS_TOKEN: 'cb_0123456789abcdef' }, false],
    [{ ALLOWED_PRIVATE_HOSTS: 'box.internal' }, false],
  ])('%j: models may be anywhere near: %s', (environment, expected) => {
    expect(parse(environment).modelsMayBeNear).toBe(expected);
  });

  it.each([
    [{ OIDC_ISSUER: 'https://login.example.com' }, /^OIDC_AUDIENCE is not set/],
    [{ OIDC_ISSUER: 'http://login.example.com', OIDC_AUDIENCE: 'x' }, /^OIDC_ISSUER .+https/],
    [{ TLS_CERT_FILE: 'tls.crt' }, /^TLS_KEY_FILE is not set/],
    [{ STREAM_AUTH_SECRET: `${'x'.repeat(32)},short` }, /^STREAM_AUTH_SECRET is not valid: must have 32 bytes/],
    [{ AGENT_ACCESS_TOKEN: 'two words' }, /^AGENT_ACCESS_TOKEN is not valid: must be a token that a header can carry/],
  ])('refuses %j', (environment, message) => {
    expect(() => parse(environment)).toThrow(message);
  });

  it('shuts the IDE where callers have to show a token, unless it is wanted', () => {
    const token = { AGENT_ACCESS_TOKEN: 'cb_0123456789abcdef' };
    expect(parse({}).access.servesIde).toBe(true);
    expect(parse(token).access.servesIde).toBe(false);
    expect(parse({ ...token, GRAPHIQL: 'true' }).access.servesIde).toBe(true);
    expect(parse({ GRAPHIQL: 'false' }).access.servesIde).toBe(false);
  });

  it('does not show a key that is not valid', () => {
    const secret = { CREDENTIAL_X: 'sk-secret', OPENAI_API_KEY: 'sk-secret', TEMPORAL_API_KEY: 'sk-secret' };
    expect(() => parse({ ...secret, OPENAI_BASE_URL: 'ftp://x' })).toThrow(/^OPENAI_BASE_URL is "ftp:\/\/x": [^k]+$/);
  });

  it('reads the keys for payloads, which are secrets each, and shows none that is not valid', () => {
    const [one, two] = [Buffer.alloc(32, 1).toString('base64'), Buffer.alloc(32, 2).toString('base64')];
    const { temporal, secrets } = parse({ PAYLOAD_ENCRYPTION_KEYS: `a:${one}, b:${two}` });
    expect(temporal.payloadKeys.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(secrets).toEqual(expect.arrayContaining([one, two]));
    expect(parse({}).temporal.payloadKeys).toEqual([]);
    expect(() => parse({ PAYLOAD_ENCRYPTION_KEYS: `a:${one}x` })).toThrow(
      /^PAYLOAD_ENCRYPTION_KEYS is not valid: must be <id>:<32 bytes as base64>[^=]+$/,
    );
  });

  it('shows no password of an address that is not valid', () => {
    expect(() => parse({ OPENAI_BASE_URL: 'ftp://me:planted@host' })).toThrow(
      /^OPENAI_BASE_URL is "ftp:\/\/\[secret\]@host":/,
    );
  });

  it('knows everything secret in its environment, also what it does not read itself', () => {
    const { secrets } = parse({
      ...{ OPENAI_API_KEY: 'sk-1', CREDENTIAL_X: 'x-1', CREDENTIAL_X_HOSTS: 'host', GITHUB_TOKEN: 'gh-1' },
      ...{ STORAGE_URL: 'postgres://me:pw-1@db/x', HTTPS_PROXY: 'http://me:pw-2@proxy' },
    });
    expect([...secrets].sort()).toEqual(['gh-1', 'pw-1', 'pw-2', 'sk-1', 'x-1']);
  });

  it('uses TLS where a key or a certificate for Temporal is given', () => {
    expect(parse({ TEMPORAL_API_KEY: 'k' }).temporal.tls).toEqual({});
    expect(parse({ TEMPORAL_TLS_CA_PATH: 'ca.pem' }).temporal.tls).toMatchObject({ authority: { path: 'ca.pem' } });
    expect(parse({}).temporal.tls).toBeUndefined();
  });
});
