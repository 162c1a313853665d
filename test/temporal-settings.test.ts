import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { parseConfig } from '../src/config.js';

const folder = mkdtempSync(join(tmpdir(), 'circuit-breaker-settings-'));
const TEMPORAL_CONFIG_FILE = join(folder, 'temporal.toml');
const BY_FILE = { TEMPORAL_CONFIG_FILE, TEMPORAL_PROFILE: 'prod' };
const ORIGIN = `profile "prod" of ${TEMPORAL_CONFIG_FILE}`;

const PROD = `
[profile.prod]
address = "prod.tmprl.cloud:7233"
namespace = "prod.a1b2c"
api_key = "key-of-the-file"
[profile.prod.tls]
server_name = "name.of.the.file"
server_ca_cert_path = "file-ca.pem"
client_cert_data = "file-cert"
client_key_data = "file-key"
[profile.prod.grpc_meta]
X_From_File = "file"
authorization = "Bearer of-the-file"
`;

const settings = (environment: Record<string, string>) => parseConfig(environment, { isTerminal: false });
const temporal = (environment: Record<string, string>) => settings(environment).temporal;

beforeAll(() => {
  writeFileSync(TEMPORAL_CONFIG_FILE, PROD);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('how a Temporal cluster is reached', () => {
  it('is read whole from a profile', () => {
    expect(temporal(BY_FILE)).toMatchObject({
      address: 'prod.tmprl.cloud:7233',
      namespace: 'prod.a1b2c',
      apiKey: 'key-of-the-file',
      tls: {
        serverName: 'name.of.the.file',
        authority: { origin: ORIGIN, path: 'file-ca.pem' },
        client: { certificate: { origin: ORIGIN, pem: 'file-cert' }, key: { origin: ORIGIN, pem: 'file-key' } },
      },
      metadata: { 'x-from-file': 'file', authorization: 'Bearer of-the-file' },
    });
  });

  it.each([
    ['TEMPORAL_ADDRESS', 'other:1', { address: 'other:1' }],
    ['TEMPORAL_NAMESPACE', 'other', { namespace: 'other' }],
    ['TEMPORAL_API_KEY', 'other', { apiKey: 'other' }],
    ['TEMPORAL_TLS_SERVER_NAME', 'other', { tls: { serverName: 'other' } }],
    ['TEMPORAL_TLS_SERVER_CA_CERT_DATA', 'other', { tls: { authority: { pem: 'other' } } }],
    ['TEMPORAL_TLS_CLIENT_CERT_PATH', 'other', { tls: { client: { certificate: { path: 'other' } } } }],
    ['TEMPORAL_TLS_CLIENT_KEY_PATH', 'other', { tls: { client: { key: { path: 'other' } } } }],
    ['TEMPORAL_GRPC_META_X_FROM_FILE', 'other', { metadata: { 'x-from-file': 'other' } }],
    ['TEMPORAL_GRPC_META_X_OF_ITS_OWN', 'other', { metadata: { 'x-from-file': 'file', 'x-of-its-own': 'other' } }],
  ])('is said by a variable before the profile: %s', (variable, value, expected) => {
    expect(temporal({ ...BY_FILE, [variable]: value })).toMatchObject(expected);
  });

  it.each([
    ['authority', ['TEMPORAL_TLS_CA_PATH', 'TEMPORAL_TLS_SERVER_CA_CERT_PATH', 'TEMPORAL_TLS_SERVER_CA_CERT_DATA']],
    ['certificate', ['TEMPORAL_TLS_CERT_PATH', 'TEMPORAL_TLS_CLIENT_CERT_PATH', 'TEMPORAL_TLS_CLIENT_CERT_DATA']],
    ['key', ['TEMPORAL_TLS_KEY_PATH', 'TEMPORAL_TLS_CLIENT_KEY_PATH', 'TEMPORAL_TLS_CLIENT_KEY_DATA']],
  ])('is said by our name before Temporal’s, and by a path before a text: %s', (part, names) => {
    for (let from = 0; from < names.length; from += 1) {
      const set = Object.fromEntries(names.slice(from).map((name) => [name, `value of ${name}`]));
      expect(temporal({ ...BY_FILE, ...set }).origins[part]).toBe(names[from]);
    }
  });

  it('has TLS where anything of it is said, unless that is turned off', () => {
    const off = '[profile.prod]\naddress = "a:1"\n[profile.prod.tls]\ndisabled = true\nserver_name = "x"\n';
    expect(temporal({}).tls).toBeUndefined();
    expect(temporal({ TEMPORAL_TLS: 'true' }).tls).toEqual({});
    expect(temporal({ TEMPORAL_API_KEY: 'k' }).tls).toEqual({});
    expect(temporal({ TEMPORAL_API_KEY: 'k', TEMPORAL_TLS: 'false' }).tls).toBeUndefined();
    expect(temporal({ ...BY_FILE, TEMPORAL_TLS: 'false' }).tls).toBeUndefined();
    writeFileSync(TEMPORAL_CONFIG_FILE, off);
    expect(temporal(BY_FILE).tls).toBeUndefined();
    expect(temporal({ ...BY_FILE, TEMPORAL_TLS: 'true' }).tls).toEqual({ serverName: 'x' });
    writeFileSync(TEMPORAL_CONFIG_FILE, PROD);
  });

  it('is at the standard address where a profile names none, so that a start runs no server of its own', () => {
    writeFileSync(TEMPORAL_CONFIG_FILE, '[profile.prod]\nnamespace = "n"\n');
    expect(temporal(BY_FILE)).toMatchObject({ address: 'localhost:7233', namespace: 'n' });
    expect(temporal({}).address).toBeUndefined();
    writeFileSync(TEMPORAL_CONFIG_FILE, PROD);
  });

  it.each([
    [{ TEMPORAL_TLS_CLIENT_CERT_PATH: 'c' }, /^TEMPORAL_TLS_CLIENT_CERT_PATH: .+ TEMPORAL_TLS_CLIENT_KEY_PATH says/],
    [{ TEMPORAL_TLS_KEY_PATH: 'k' }, /^TEMPORAL_TLS_KEY_PATH: .+ TEMPORAL_TLS_CLIENT_CERT_PATH says/],
    [{ TEMPORAL_TLS: 'perhaps' }, /^TEMPORAL_TLS is "perhaps": must be true or false$/],
    [
      { TEMPORAL_TLS: 'true', TEMPORAL_TLS_DISABLE_HOST_VERIFICATION: 'true' },
      /^TEMPORAL_TLS_DISABLE_HOST_VERIFICATION: .+TEMPORAL_TLS_SERVER_CA_CERT_PATH.+TEMPORAL_TLS_SERVER_NAME/,
    ],
    [{ TEMPORAL_GRPC_META_X: 'ä' }, /^TEMPORAL_GRPC_META_X: must be a header of gRPC/],
    [{ 'TEMPORAL_GRPC_META_A B': 'x' }, /^TEMPORAL_GRPC_META_A B: must be a header of gRPC/],
  ])('is refused with one line: %j', (environment: Record<string, string>, message) => {
    expect(() => temporal(environment)).toThrow(message);
  });

  it.each([
    ['address = "prod"', /^profile "prod" of .+: its address must be host:port/],
    ['[profile.prod.tls]\ndisable_host_verification = true', /^disable_host_verification in profile "prod" of /],
    [
      '[profile.prod.tls]\nclient_cert_data = "c"',
      /^profile "prod" of .+: a certificate is there and its private key is not/,
    ],
    ['[profile.prod.grpc_meta]\n"a b" = "x"', /^profile "prod" of .+: must be a header of gRPC/],
  ])('is refused with one line that names the profile: %j', (toml, message) => {
    writeFileSync(TEMPORAL_CONFIG_FILE, `[profile.prod]\n${toml}\n`);
    expect(() => temporal(BY_FILE)).toThrow(message);
    writeFileSync(TEMPORAL_CONFIG_FILE, PROD);
  });

  it('has secrets, also those of a profile, which are shown nowhere', () => {
    const { secrets } = settings({ ...BY_FILE, TEMPORAL_TLS_CLIENT_KEY_DATA: 'key-of-a-variable' });
    expect(secrets).toEqual(expect.arrayContaining(['key-of-the-file', 'Bearer of-the-file', 'key-of-a-variable']));
    expect(settings(BY_FILE).secrets).toContain('file-key');
    expect(settings(BY_FILE).secrets).not.toContain('file');
  });
});

describe('the build of a worker', () => {
  const TEAM = { TEMPORAL_ADDRESS: 'temporal:7233', TEMPORAL_DEPLOYMENT_NAME: 'team' };

  it('is none unless a deployment is named', () => {
    expect(temporal({ TEMPORAL_ADDRESS: 'temporal:7233' }).deployment).toBeUndefined();
    expect(temporal(TEAM).deployment).toEqual({ name: 'team' });
    expect(temporal({ ...TEAM, TEMPORAL_WORKER_BUILD_ID: '0.2.0+a-b_c' }).deployment).toEqual({
      ...{ name: 'team', buildId: '0.2.0+a-b_c' },
    });
  });

  it.each([
    [{ TEMPORAL_WORKER_BUILD_ID: 'one' }, /^TEMPORAL_DEPLOYMENT_NAME: it is not set: .+TEMPORAL_WORKER_BUILD_ID/],
    [{ TEMPORAL_DEPLOYMENT_NAME: 'team' }, /^TEMPORAL_DEPLOYMENT_NAME: it needs TEMPORAL_ADDRESS/],
    [{ ...TEAM, TEMPORAL_DEPLOYMENT_NAME: 'a:b' }, /^TEMPORAL_DEPLOYMENT_NAME is "a:b": may have/],
    [{ ...TEAM, TEMPORAL_DEPLOYMENT_NAME: '__a' }, /^TEMPORAL_DEPLOYMENT_NAME is "__a": may have/],
    [{ ...TEAM, TEMPORAL_WORKER_BUILD_ID: 'a b' }, /^TEMPORAL_WORKER_BUILD_ID is "a b": may have/],
    [{ ...TEAM, TEMPORAL_WORKER_BUILD_ID: 'a'.repeat(101) }, /^TEMPORAL_WORKER_BUILD_ID is .+: may have up to 100/],
  ])('is refused with one line: %j', (environment: Record<string, string>, message) => {
    expect(() => temporal(environment)).toThrow(message);
  });
});
