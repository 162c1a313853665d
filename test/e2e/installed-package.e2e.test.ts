import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { newSetting, type Setting } from '../support/everything.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';

const run = promisify(execFile);

let folder: string;
let installed: string;
let setting: Setting;

/** As whoever installs the package has it: what is packed, with its dependencies. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'circuit-breaker-package-'));
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]);
  const [{ filename = '' } = {}] = JSON.parse(stdout) as readonly { filename?: string }[];
  await run('tar', ['-xzf', join(folder, filename), '-C', folder]);
  installed = join(folder, 'package');
  await symlink(join(process.cwd(), 'node_modules'), join(installed, 'node_modules'));
  setting = await newSetting({ OLLAMA_BASE_URL: 'http://127.0.0.1:3' });
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await setting.remove();
});

it('the package has no sources, and reviews a document', async () => {
  const demo = SpawnedProcess.start('demo', setting.environment, {
    program: join(installed, 'bin/circuit-breaker.js'),
  });
  expect(await demo.exit(), demo.output).toBe(0);
  expect(demo.output).toContain('Outcome:  published');
  expect(demo.output).not.toMatch(/"level":[45]0/);
  expect(await readdir(installed)).not.toEqual(expect.arrayContaining(['src', 'scripts', 'test']));
});

it('with another Temporal SDK than it was built with, a worker bundles the workflows itself', async () => {
  const record = join(installed, 'dist/made/workflows.json');
  await writeFile(record, (await readFile(record, 'utf8')).replaceAll(/"\d+\.\d+\.\d+"/g, '"0.0.1"'));
  const temporal: TestTemporalServer = await startTemporalServer();
  const environment = { ...setting.environment, STORAGE_URL: 'memory:', TEMPORAL_ADDRESS: temporal.address };
  const worker = SpawnedProcess.start('worker', environment, { program: join(installed, 'bin/circuit-breaker.js') });
  await worker.said('the workflow bundle was made with another Temporal SDK');
  await worker.said('Worker ready');
  expect(await worker.stop(), worker.output).toBe(0);
  await temporal.stop();
});
