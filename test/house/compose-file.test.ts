import { existsSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { parseConfig } from '../../src/config.js';
import { LAST_RESORT_MS } from '../../src/compose/run-process.js';
import { isSecretName } from '../../src/core/secrets.js';
import { readComposeFile } from '../../scripts/cluster/compose-file.js';
import { isRead } from '../support/read-variables.js';

const OURS = 'circuit-breaker';
const FILE = readComposeFile('docker-compose.yml', {});

interface Written {
  readonly image: string;
  readonly user?: string;
  readonly restart?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly networks?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly secrets?: readonly string[];
  readonly configs?: readonly { readonly target: string }[];
  readonly ports?: readonly string[];
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly deploy?: { readonly resources?: { readonly limits?: Readonly<Record<string, string | number>> } };
}

interface WrittenFile {
  readonly services: Readonly<Record<string, Written>>;
  readonly networks: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, unknown>>;
}

const written = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as WrittenFile;
const services = Object.entries(written.services);
/** They write into their own image, and say so in the file. */
const WRITES_IN_ITS_IMAGE = new Set(['temporal-ui']);
describe.each(services)('in docker-compose.yml, %s', (name, service) => {
  it('has an image of one version', () => {
    expect(service.image).toMatch(/^[\w./-]+:\d+\.\d+(?:\.\d+)?(?:-[\w.]+)?$/);
  });

  it('is nobody who matters, and can become nobody else', () => {
    expect(service.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.security_opt).toContain('no-new-privileges:true');
    expect(service.read_only).toBe(!WRITES_IN_ITS_IMAGE.has(name));
  });

  it('takes so much of the machine, and no more', () => {
    const { cpus, memory, pids } = service.deploy?.resources?.limits ?? {};
    expect(cpus).toMatch(/^\d+(?:\.\d+)?$/);
    expect(memory).toMatch(/^\d+[MG]$/);
    expect(pids).toBeGreaterThan(0);
  });

  it('is asked whether it is well, or ends by itself and says so', () => {
    const { test = [], disable = false } = service.healthcheck ?? {};
    expect(test.length > 1 || (disable && service.restart?.startsWith('on-failure'))).toBe(true);
  });

  it('is published to this machine alone', () => {
    const addresses = (service.ports ?? []).map((port) => port.split(':')[0]);
    expect(addresses.every((address) => address === '127.0.0.1')).toBe(true);
  });

  it('has its secrets from files that the file names', () => {
    const values = Object.entries(service.environment ?? {}).filter(([variable]) => isSecretName(variable));
    expect(values).toEqual([]);
    expect(Object.values(service.environment ?? {}).filter((value) => /:\/\/[^/]*@/.test(String(value)))).toEqual([]);
    expect(Object.keys(written.secrets)).toEqual(expect.arrayContaining([...(service.secrets ?? [])]));
    const read = Object.entries(service.environment ?? {}).filter(([variable]) => variable.endsWith('_FILE'));
    const handed = [
      ...(service.secrets ?? []).map((secret) => `/run/secrets/${secret}`),
      ...(service.configs ?? []).map(({ target }) => target),
    ];
    expect(read.map(([, path]) => path).filter((path) => !handed.includes(String(path)))).toEqual([]);
  });

  it('is on networks that there are', () => {
    expect(service.networks?.length).toBeGreaterThan(0);
    expect(Object.keys(written.networks)).toEqual(expect.arrayContaining([...(service.networks ?? [])]));
  });

  it('needs only services that there are', () => {
    expect(Object.keys(written.services)).toEqual(
      expect.arrayContaining(Object.keys(FILE.services[name]?.depends_on ?? {})),
    );
  });
});

const ours = Object.values(FILE.services).filter(({ image }) => image.startsWith(`${OURS}:`));

describe.each(ours)('in docker-compose.yml, our $name', (service) => {
  it('is told only what it reads', () => {
    expect(Object.keys(service.environment).filter((variable) => !isRead(variable))).toEqual([]);
  });

  it('can begin with what it is told', () => {
    const withoutFiles = Object.entries(service.environment).filter(([variable]) => !variable.endsWith('_FILE'));
    const environment = { ...Object.fromEntries(withoutFiles), AGENT_ACCESS_TOKEN: 'shown-by-callers' };
    expect(() => parseConfig(environment, { isTerminal: false })).not.toThrow();
  });

  it('has more time to end than it takes at the most', () => {
    expect(service.stop_grace_period).toBeGreaterThan(LAST_RESORT_MS);
  });

  it('has the version of the package', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(service.image).toBe(`${OURS}:${version}`);
  });
});

it('only our own services are asked for by name, and two of each run', () => {
  expect(ours.map(({ name, deploy }) => [name, deploy.replicas])).toEqual([
    ['api', 2],
    ['worker', 2],
  ]);
});

it('the files that docker-compose.yml hands out are there', () => {
  expect(Object.values(FILE.configs).filter((path) => !existsSync(path))).toEqual([]);
});

it('the proxy is the only one whose word counts on where requests come from', () => {
  const { api } = FILE.services;
  const front = JSON.stringify(written.networks['front']);
  expect(front).toContain('${FRONT_NETWORK:-');
  expect(front).toContain(api?.environment['TRUSTED_PROXIES'] ?? 'nowhere');
});
