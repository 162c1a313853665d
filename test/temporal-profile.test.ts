import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { namedProfile, standardFile } from '../src/temporal-profile.js';

const folder = mkdtempSync(join(tmpdir(), 'circuit-breaker-profile-'));
const file = join(folder, 'temporal.toml');

function write(toml: string): void {
  writeFileSync(file, toml);
}

beforeAll(() => {
  write('[profile.prod]\naddress = "prod:7233"\n[profile.default]\naddress = "default:7233"\nnovelty = 1\n[other]\n');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("a profile of Temporal's configuration file", () => {
  it.each([
    [{ TEMPORAL_CONFIG_FILE: file }, 'default:7233'],
    [{ TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'prod' }, 'prod:7233'],
  ])('is named by %j', (variables, address) => {
    expect(namedProfile(variables)).toMatchObject({ address, origin: expect.stringContaining(file) as string });
  });

  it('is not read where no variable asks for it, though a file lies where others look for it', () => {
    expect(namedProfile({ HOME: folder })).toBeUndefined();
  });

  it('lies where the programs of Temporal look for it', () => {
    expect(standardFile({ HOME: '/home/ada' }, 'linux')).toBe('/home/ada/.config/temporalio/temporal.toml');
    expect(standardFile({ HOME: '/home/ada', XDG_CONFIG_HOME: '/etc/ada' }, 'linux')).toBe(
      '/etc/ada/temporalio/temporal.toml',
    );
    expect(standardFile({ HOME: '/home/ada', XDG_CONFIG_HOME: 'near' }, 'linux')).toBeUndefined();
    expect(standardFile({ HOME: '/Users/ada' }, 'darwin')).toContain(
      '/Users/ada/Library/Application Support/temporalio',
    );
    expect(standardFile({ APPDATA: '/data' }, 'win32')).toBe('/data/temporalio/temporal.toml');
    expect(standardFile({}, 'linux')).toBeUndefined();
  });

  it.each([
    [
      { TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml' },
      /^TEMPORAL_CONFIG_FILE: the file "\/nowhere\/temporal\.toml" cannot be read \(ENOENT\)$/,
    ],
    [{ TEMPORAL_CONFIG_FILE: folder }, /^TEMPORAL_CONFIG_FILE: .+ cannot be read \(EISDIR\)$/],
    [
      { TEMPORAL_PROFILE: 'prod', HOME: folder },
      /^TEMPORAL_PROFILE: .+ cannot be read \(ENOENT\); TEMPORAL_CONFIG_FILE says where else it is$/,
    ],
    [{ TEMPORAL_PROFILE: 'prod' }, /^TEMPORAL_PROFILE: .+ name the file in TEMPORAL_CONFIG_FILE$/],
    [
      { TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'test' },
      /^TEMPORAL_PROFILE: .+ has no profile "test": it has "prod", "default"\. TEMPORAL_PROFILE says which/,
    ],
    [
      { TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'constructor' },
      /^TEMPORAL_PROFILE: .+ has no profile "constructor"/,
    ],
  ])('that is not there is one line with the variable: %j', (variables: Record<string, string>, message) => {
    expect(() => namedProfile(variables)).toThrow(message);
  });

  it.each([
    ['[profile.default\n', /^TEMPORAL_CONFIG_FILE: .+temporal\.toml:1:\d+: [^\n]+$/],
    ['[profile.default]\napi_key = "planted"x\n', /^TEMPORAL_CONFIG_FILE: .+temporal\.toml:2:\d+: [^\n]+$/],
    ['', /^TEMPORAL_CONFIG_FILE: .+ has no profile "default": it has none\./],
    ['profile = 1', /^TEMPORAL_CONFIG_FILE: .+: `profile` is no table$/],
    ['[profile]\ndefault = "x"', /^TEMPORAL_CONFIG_FILE: profile "default" of [^\n]+$/],
    ['[profile.default]\naddress = 7233', /^TEMPORAL_CONFIG_FILE: profile "default" of .+, address: [^\n]+$/],
    ['[profile.default.tls]\nclient_cert_path = true', /, tls, client_cert_path: [^\n]+$/],
    ['[profile.default.grpc_meta]\na = 1', /, grpc_meta, a: [^\n]+$/],
    [
      '[profile.default.tls]\nclient_key_path = "a"\nclient_key_data = "planted"',
      /^TEMPORAL_CONFIG_FILE: profile "default" of .+: Cannot specify both client_key_path and client_key_data$/,
    ],
    [`# ${'x'.repeat(1024 * 1024)}`, /^TEMPORAL_CONFIG_FILE: .+ cannot be read \(it has more than 1048576 bytes\)$/],
  ])('that is broken is one line with the file, and shows nothing of it: %#', (toml, message) => {
    write(toml);
    const read = () => namedProfile({ TEMPORAL_CONFIG_FILE: file });
    expect(read).toThrow(message);
    expect(read).not.toThrow(/planted/);
  });
});
