import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { parseConfig } from '../../src/config.js';
import { readComposeFile } from '../../scripts/cluster/compose-file.js';

let folder: string;

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'circuit-breaker-secrets-')), 'secrets');
});
afterEach(() => {
  rmSync(join(folder, '..'), { recursive: true });
});

const make = () => execFileSync('sh', ['deploy/make-secrets.sh', folder], { encoding: 'utf8' });
const read = () =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));

it('every secret file of docker-compose.yml is made, each with its own randomness', () => {
  make();
  const { secrets } = readComposeFile('docker-compose.yml', { SECRETS_DIR: folder });
  expect(readdirSync(folder)).toEqual(expect.arrayContaining(Object.values(secrets).map((path) => basename(path))));
  const {
    access_token,
    stream_auth_secret,
    postgres_password,
    temporal_postgres_password,
    redis_password,
    nats_password,
  } = read();
  const own = [
    access_token,
    stream_auth_secret,
    postgres_password,
    temporal_postgres_password,
    redis_password,
    nats_password,
  ];
  expect(new Set(own).size).toBe(own.length);
  expect(own.every((one) => /^[\da-f]{64}\n$/.test(one ?? ''))).toBe(true);
});

it('what is there already stays, and what was lost is made to fit it', () => {
  make();
  const before = read();
  rmSync(join(folder, 'storage_url'));
  expect(make()).toBe(`made ${folder}/storage_url\n`);
  expect(read()).toEqual(before);
});

it('nobody else can enter the folder, and the users of containers can read what they are handed', () => {
  make();
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(readdirSync(folder).every((name) => (statSync(join(folder, name)).mode & 0o777) === 0o644)).toBe(true);
});

it('our processes can begin with them', () => {
  make();
  const { services } = readComposeFile('docker-compose.yml', { SECRETS_DIR: folder });
  for (const { environment } of [services['api'], services['worker']].filter((one) => one !== undefined)) {
    const here = Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [name, value.replace('/run/secrets', folder)]),
    );
    expect(() => parseConfig(here, { isTerminal: false })).not.toThrow();
  }
});
