import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { argumentsOf, dockerfileStages, isKeptOut, letIntoContext, type Stage } from '../support/dockerfile.js';
import { newSetting, type Setting } from '../support/everything.js';
import { freePort } from '../support/free-port.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';

/** What npm knows of the packages of this checkout. */
const INSTALLED = 'node_modules/.package-lock.json';
/** What `npm ci` would install is what this checkout has installed; anything else npm does itself. */
const NPM = `#!/bin/sh
[ "$1" = ci ] || PATH=$PATH_OF_NPM exec npm "$@"
cp -al "$MODULES" node_modules 2>/dev/null || { rm -rf node_modules && cp -a "$MODULES" node_modules; }
# npm writes it anew.
cp --remove-destination "$MODULES/.package-lock.json" node_modules/.package-lock.json
`;

describe.skipIf(process.platform !== 'linux')('what the steps of the Dockerfile make of an empty folder', () => {
  const installed = readFileSync(INSTALLED, 'utf8');
  let folder: string;
  let app: string;
  let temporal: TestTemporalServer;
  let setting: Setting;
  const [built = [], image = []] = dockerfileStages();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'image-'));
    chmodSync(folder, 0o755);
    makeContext();
    for (const [name, stage] of [
      ['built', built],
      ['image', image],
    ] as const)
      build(name, stage);
    app = join(folder, 'image/app');
    temporal = await startTemporalServer();
    setting = await newSetting({
      TEMPORAL_ADDRESS: temporal.address,
      STORAGE_URL: 'memory:',
      HOME: join(folder, 'home'),
    });
  });
  afterAll(async () => {
    await temporal.stop();
    await setting.remove();
    rmSync(folder, { recursive: true });
  });

  /** As it would be sent to Docker. */
  function makeContext(): void {
    for (const path of letIntoContext()) {
      cpSync(path, join(folder, 'context', path), { recursive: true, filter: (file) => !isKeptOut(basename(file)) });
    }
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin/npm'), NPM, { mode: 0o755 });
  }

  function build(name: string, stage: Stage): void {
    let cwd = join(folder, name);
    for (const { does, what } of stage) {
      if (does === 'WORKDIR') mkdirSync((cwd = join(folder, name, what)), { recursive: true });
      if (does === 'COPY') copy(what, cwd);
      if (does === 'RUN') run(what, cwd);
    }
  }

  function copy(what: string, cwd: string): void {
    const [, stage, paths = ''] = /^(?:--from=(\w+) )?(.*)$/.exec(what) ?? [];
    const [target = '', ...sources] = paths.split(' ').reverse();
    for (const source of sources) {
      const to = join(cwd, target.endsWith('/') ? join(target, basename(source)) : target);
      // Nobody needs a stage any more that something was taken from.
      if (stage !== undefined) renameSync(join(folder, stage, source), to);
      else cpSync(join(folder, 'context', source), to, { recursive: true });
    }
  }

  function run(command: string, cwd: string): void {
    const { PATH = '', HOME = '' } = process.env;
    const env = {
      PATH: `${join(folder, 'bin')}${delimiter}${PATH}`,
      PATH_OF_NPM: PATH,
      MODULES: join(process.cwd(), 'node_modules'),
      HOME,
    };
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd, env, encoding: 'utf8' });
    expect(status, `${command}\n${stdout}${stderr}`).toBe(0);
  }

  /** By the check of the image. */
  function isHealthy(environment: Readonly<Record<string, string>>): boolean {
    const [, check = ''] = (argumentsOf(image, 'HEALTHCHECK')[0] ?? '').split(' CMD ');
    const [, ...args] = JSON.parse(check) as readonly string[];
    return spawnSync(process.execPath, args, { cwd: app, env: { ...environment } }).status === 0;
  }

  /** By its entry point, as its user, where this one may be another. */
  function start(command: 'api' | 'worker', environment: Record<string, string>): SpawnedProcess {
    const [, program = ''] = JSON.parse(argumentsOf(image, 'ENTRYPOINT')[0] ?? '') as readonly string[];
    const [uid] = (argumentsOf(image, 'USER')[0] ?? '').split(':').map(Number);
    const [variable = '', value = ''] = (argumentsOf(image, 'ENV')[0] ?? '').split('=');
    return SpawnedProcess.start(
      command,
      { ...environment, [variable]: value },
      {
        program: join(app, program),
        ...(process.getuid?.() === 0 && uid !== undefined ? { uid } : {}),
      },
    );
  }

  it('has nothing of what it was made with', () => {
    expect(readdirSync(app).sort()).toEqual(['bin', 'deploy', 'dist', 'node_modules', 'package.json', 'templates']);
    for (const name of ['vitest', 'typescript', 'esbuild'])
      expect(existsSync(join(app, 'node_modules', name))).toBe(false);
    expect(readdirSync(join(app, 'node_modules/@temporalio/core-bridge/releases'))).toHaveLength(1);
  });

  it('leaves the packages that it was made of as they are', () => {
    expect(readFileSync(INSTALLED, 'utf8')).toBe(installed);
    expect(existsSync('node_modules/vitest/package.json')).toBe(true);
  });

  it.each(['api', 'worker'] as const)(
    'runs as %s, is well by its own check, and ends in order on SIGTERM',
    async (command) => {
      const WORKER_HEALTH_PORT = String(await freePort());
      const environment = { ...setting.environment, ...(command === 'worker' ? { WORKER_HEALTH_PORT } : {}) };
      expect(isHealthy(environment)).toBe(false);
      const process = start(command, environment);
      await process.untilReady();
      expect(isHealthy(environment), process.output).toBe(true);
      expect(await process.stop(), process.output).toBe(0);
    },
  );
});
