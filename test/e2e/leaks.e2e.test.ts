import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { newSetting, type Setting } from '../support/everything.js';
import { SpawnedProcess } from '../support/spawned-process.js';

const KEYS = {
  OPENAI_API_KEY: 'sk-planted-key-0123456789',
  CREDENTIAL_GATEWAY: 'planted-credential-0123456789',
};
const SECRETS = Object.values(KEYS);

let folder: string;
let setting: Setting;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'circuit-breaker-leaks-'));
  setting = await newSetting({ OLLAMA_BASE_URL: 'http://127.0.0.1:3', STORAGE_URL: 'memory:', ...KEYS });
});
afterEach(async () => {
  await setting.remove();
  await rm(folder, { recursive: true, force: true });
});

function secretsIn(text: string): readonly string[] {
  return SECRETS.filter((secret) => text.includes(secret));
}

describe('the Temporal CLI', () => {
  it('finds no key in its environment, whether it is asked for its version or runs the server', async () => {
    const program = join(folder, 'temporal');
    const lines = [
      ...['#!/bin/sh', `{ echo "$1"; env; } >> '${folder}/seen'`],
      ...['if [ "$1" = --version ]; then echo temporal; else exit 3; fi', ''],
    ];
    await writeFile(program, lines.join('\n'), { mode: 0o755 });
    const everything = SpawnedProcess.start('start', { ...setting.environment, TEMPORAL_CLI_PATH: program });
    expect(await everything.exit()).toBe(1);
    const seen = await readFile(join(folder, 'seen'), 'utf8');
    expect(seen).toMatch(/^--version$/m);
    expect(seen).toMatch(/^server$/m);
    expect(seen).toMatch(/^PATH=/m);
    expect(secretsIn(seen)).toEqual([]);
  });
});
