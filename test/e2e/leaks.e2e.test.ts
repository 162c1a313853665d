import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { CommandName } from '../../src/cli/commands.js';
import { newSetting, type Setting } from '../support/everything.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';

const KEYS = {
  GOOGLE_API_KEY: 'planted-key-0123456789',
  CREDENTIAL_GATEWAY: 'planted-credential-0123456789',
};
const SECRETS = Object.values(KEYS);

/** Code within a process of ours that writes past its log: what it does at the first signal, and at the second. */
const PAST_THE_LOG: Readonly<Record<string, string>> = {
  printed: "console.error('printed', secret)",
  listed: 'console.table({ listed: secret })',
  warned: 'process.emitWarning(`warned of ${secret}`)',
  written: 'process.stderr.write(`written ${secret}\\n`)',
  threaded:
    "new Worker('console.error(`threaded ${require(`node:worker_threads`).workerData}`)', { eval: true, workerData: secret })",
};
const UNCAUGHT = {
  thrown: 'throw new Error(`thrown with ${secret}`)',
  rejected: 'void Promise.reject(new Error(`rejected with ${secret}`))',
};

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

describe("the native part of Temporal's SDK", () => {
  it('writes nothing past our log, which masks it', async () => {
    const replay = ['--import', 'tsx', 'test/support/processes/replay-broken-history.ts'];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, replay);
    const others = `${stdout}${stderr}`.split('\n').filter((line) => line !== '' && !line.startsWith('{"level":'));
    expect(others).toEqual([]);
    expect(stdout + stderr).not.toContain('anotherWorkflow');
  });
});

describe('no secret is shown, whatever writes past the log,', () => {
  let temporal: TestTemporalServer;

  beforeAll(async () => {
    temporal = await startTemporalServer();
  });
  afterAll(() => temporal.stop());

  async function startFaulty(command: CommandName, uncaught: keyof typeof UNCAUGHT): Promise<SpawnedProcess> {
    const path = join(folder, 'fault.mjs');
    const source = `
      import { isMainThread, Worker } from 'node:worker_threads';
      const secret = process.env.CREDENTIAL_GATEWAY;
      if (isMainThread) process.once('SIGCONT', () => {
        process.once('SIGCONT', () => { ${UNCAUGHT[uncaught]}; });
        ${Object.values(PAST_THE_LOG).join(';\n')};
      });`;
    await writeFile(path, source);
    const isWhole = command === 'start';
    return SpawnedProcess.start(command, {
      ...setting.environment,
      ...(isWhole ? {} : { TEMPORAL_ADDRESS: temporal.address }),
      NODE_OPTIONS: `--import=${pathToFileURL(path).href}`,
    });
  }

  async function provoke(faulty: SpawnedProcess, uncaught: keyof typeof UNCAUGHT): Promise<void> {
    faulty.signal('SIGCONT');
    for (const word of ['printed', 'warned', 'written', 'threaded']) await faulty.said(word);
    faulty.signal('SIGCONT');
    expect(await faulty.exit(), faulty.output).toBe(1);
    expect(faulty.output).toContain(`${uncaught} with [secret]`);
    expect(faulty.output).toContain('an error that nobody caught');
    expect(secretsIn(faulty.output)).toEqual([]);
  }

  it('by everything in one process, which ends in order', async () => {
    const everything = await startFaulty('start', 'thrown');
    await everything.untilReady();
    await provoke(everything, 'thrown');
    expect(await readdir(setting.environment['DATA_DIR'] ?? '')).not.toContain('temporal-server.json');
  });

  it('by a worker', async () => {
    const worker = await startFaulty('worker', 'rejected');
    await worker.untilReady();
    await provoke(worker, 'rejected');
  });

  it('by an API, and by a demo', async () => {
    const api = await SpawnedProcess.ready('api', { ...setting.environment, TEMPORAL_ADDRESS: temporal.address });
    // No worker is there: it waits.
    const demo = await startFaulty('demo', 'rejected');
    await demo.said('Using the server that runs');
    await provoke(demo, 'rejected');
    await api.stop();
    const faulty = await startFaulty('api', 'thrown');
    await faulty.untilReady();
    await provoke(faulty, 'thrown');
  });
});
