import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { newSetting, type Setting } from '../support/everything.js';
import { packPackage } from '../support/packed-package.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';

const run = promisify(execFile);

let folder: string;
let tarball: string;
let installed: string;
let setting: Setting;

const TSC = join(process.cwd(), 'node_modules/typescript/bin/tsc');
const WATCH = `
import { watchExecution } from 'circuit-breaker/client';

const [url = '', executionId = ''] = process.argv.slice(2);
const watched = watchExecution({ url, executionId });
const last = await watched.finished();
console.log(last.eventType + ', shown as it is stored: ' + String(watched.isVerified));

declare const process: { readonly argv: readonly string[] };
`;

const TRY_OUT = `
import { runWorkflow } from 'circuit-breaker/testing';

const workflow = {
  name: 'Review',
  places: ['draft', 'done'],
  initialPlace: 'draft',
  transitions: [{ id: 'review', fromPlaces: ['draft'], toPlace: 'done', agentExecution: { agentId: 'reviewer' } }],
};
const token = await runWorkflow(workflow, { agents: { reviewer: 'Fine.' }, steps: ['review'] });
console.log(token.place + ', ' + token.status);
`;

/** A project that has installed the package; of what the package depends on only what programs that watch need. */
async function anotherProject(others: readonly string[] = []): Promise<string> {
  const project = await mkdtemp(join(folder, 'another-project-'));
  await mkdir(join(project, 'node_modules/circuit-breaker'), { recursive: true });
  await writeFile(join(project, 'package.json'), '{"type":"module"}');
  await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', join(project, 'node_modules/circuit-breaker')]);
  for (const needed of ['eventsource-parser', ...others])
    await symlink(join(process.cwd(), 'node_modules', needed), join(project, 'node_modules', needed));
  return project;
}

/** As whoever installs the package has it: what is packed, with its dependencies. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'circuit-breaker-package-'));
  tarball = await packPackage(folder);
  await run('tar', ['-xzf', tarball, '-C', folder]);
  installed = join(folder, 'package');
  await symlink(join(process.cwd(), 'node_modules'), join(installed, 'node_modules'));
  setting = await newSetting({ OLLAMA_BASE_URL: 'http://127.0.0.1:3' });
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await setting.remove();
});

it('the package has no sources, reviews a document, and another project watches that by its client', async () => {
  const program = join(installed, 'bin/circuit-breaker.js');
  const everything = await SpawnedProcess.ready('start', setting.environment, { program });
  const demo = SpawnedProcess.start('demo', setting.environment, {
    program,
  });
  expect(await demo.exit(), demo.output).toBe(0);
  expect(demo.output).toContain('Outcome:  published');
  expect(demo.output).not.toMatch(/"level":[45]0/);
  expect(await readdir(installed)).not.toEqual(expect.arrayContaining(['src', 'scripts', 'test']));
  const [, tokenId = ''] = /Token (\S+) is in/.exec(demo.output) ?? [];
  const project = await anotherProject();
  await writeFile(join(project, 'watch.ts'), WATCH);
  const strict = '--strict --target es2023 --module nodenext --lib es2023,dom --outDir out';
  await run(process.execPath, [TSC, ...strict.split(' '), 'watch.ts'], { cwd: project });
  const { stdout } = await run(process.execPath, ['out/watch.js', setting.address, `${tokenId}:ai_review:1`], {
    cwd: project,
  });
  expect(stdout).toBe('completed, shown as it is stored: true\n');
  expect(await everything.stop(), everything.output).toBe(0);
});

it('with another Temporal SDK than it was built with, a worker bundles the workflows itself', async () => {
  const record = join(installed, 'dist/made/workflows.json');
  await writeFile(record, (await readFile(record, 'utf8')).replaceAll(/"\d+\.\d+\.\d+"/g, '"0.0.1"'));
  const temporal: TestTemporalServer = await startTemporalServer();
  const environment = { ...setting.environment, STORAGE_URL: 'memory:', TEMPORAL_ADDRESS: temporal.address };
  const worker = SpawnedProcess.start('worker', environment, { program: join(installed, 'bin/circuit-breaker.js') });
  await worker.said('the workflow bundle was made with another Temporal SDK');
  await worker.untilReady();
  expect(await worker.stop(), worker.output).toBe(0);
  await temporal.stop();
});

it('a workflow is tested from the package, in a project that has no vitest', async () => {
  const project = await anotherProject([
    'zod',
    'ajv',
    'ajv-formats',
    'ajv-draft-04',
    '@marcbachmann',
    'lru-cache',
    'yaml',
  ]);
  await writeFile(join(project, 'try-out.ts'), TRY_OUT);
  const strict = '--strict --skipLibCheck --target es2023 --module nodenext --types node --outDir out';
  await symlink(join(process.cwd(), 'node_modules/@types'), join(project, 'node_modules/@types'));
  await run(process.execPath, [TSC, ...strict.split(' '), 'try-out.ts'], { cwd: project });
  const { stdout } = await run(process.execPath, ['out/try-out.js'], { cwd: project });
  expect(stdout).toBe('done, COMPLETED\n');
});

it("a program works a token with Temporal's client, by the names and types of the package", async () => {
  const project = await anotherProject(['@temporalio']);
  await symlink(join(process.cwd(), 'node_modules/@types'), join(project, 'node_modules/@types'));
  await writeFile(join(project, 'work.ts'), await readFile('examples/temporal-client.ts', 'utf8'));
  const strict = '--strict --skipLibCheck --target es2023 --module nodenext --types node --outDir out';
  await run(process.execPath, [TSC, ...strict.split(' '), 'work.ts'], { cwd: project });
  const { stderr } = await run(process.execPath, ['out/work.js', '127.0.0.1:1'], { cwd: project }).catch(
    (error: unknown) => error as { readonly stderr: string },
  );
  expect(stderr).toContain('There is no Temporal server at 127.0.0.1:1');
});
