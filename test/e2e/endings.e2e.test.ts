import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { CommandName } from '../../src/cli/commands.js';
import { isListening } from '../../src/temporal/ports.js';
import { newPreparedSetting, type Setting } from '../support/everything.js';
import { PROGRAM, SpawnedProcess } from '../support/spawned-process.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';

/** What a shell says of a program that ended by SIGHUP, SIGINT, SIGPIPE. */
const [HUNG_UP, INTERRUPTED, UNREAD] = [129, 130, 141];
const STACK_TRACE = /\n\s+at /;

let setting: Setting;

beforeEach(async () => {
  setting = await newPreparedSetting({ OLLAMA_BASE_URL: 'http://127.0.0.1:3' });
});
afterEach(() => setting.remove());

/** What of a process of ours is still there: ports that answer, locks, the record of a server. */
async function leftovers(): Promise<readonly string[]> {
  const { environment } = setting;
  const taken = ['PORT', 'TEMPORAL_PORT', 'TEMPORAL_UI_PORT'].map(async (name) =>
    (await isListening(Number(environment[name]))) ? [name] : [],
  );
  const files = await readdir(environment['DATA_DIR'] ?? '');
  return [...(await Promise.all(taken)).flat(), ...files.filter((name) => /\.lock|temporal-server\.json/.test(name))];
}

/** A program of somebody else there. */
async function takePort(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function start(command: CommandName, extra: Record<string, string> = {}): SpawnedProcess {
  return SpawnedProcess.start(command, { ...setting.environment, ...extra });
}

describe('everything in one process', () => {
  it(
    'ends in order when its terminal hangs up, and leaves no server and no lock',
    { tags: 'unread-output' },
    async () => {
      const everything = start('start');
      await everything.untilReady();
      everything.signal('SIGHUP');
      expect(await everything.exit(), everything.output).toBe(HUNG_UP);
      expect(await leftovers()).toEqual([]);
      expect(everything.output).not.toMatch(STACK_TRACE);
    },
  );

  it('ends in order when nobody reads its log', { tags: 'unread-output' }, async () => {
    const everything = start('start', { LOG_LEVEL: 'debug', LOG_FORMAT: 'pretty' });
    everything.closeOutput('stderr');
    expect(await everything.exit(), everything.output).toBe(UNREAD);
    expect(await leftovers()).toEqual([]);
  });

  it('that is interrupted while it starts closes what it had opened, and what was just being opened', async () => {
    const { DATA_DIR = '' } = setting.environment;
    const everything = start('start');
    while (!(await exists(`${DATA_DIR}/temporal-server.log`))) await delay(5);
    everything.signal('SIGTERM');
    expect(await everything.exit(), everything.output).toBe(0);
    expect(everything.output).not.toContain('API ready');
    expect(await leftovers()).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('ends in order when its terminal is closed', async () => {
    const command = `'${process.execPath}' '${PROGRAM}' start`;
    const environment = { ...setting.environment, PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' };
    const terminal = spawn('script', ['-qec', command, '/dev/null'], {
      env: environment,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let shown = '';
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
    });
    while (!shown.includes('API ready')) await delay(25);
    terminal.kill('SIGKILL');
    await once(terminal, 'exit');
    while ((await leftovers()).length > 0) await delay(25);
  });
});

describe('a start that comes to nothing', () => {
  const NO_STORAGE = { STORAGE_URL: 'postgres://127.0.0.1:3/none' };

  async function failedStart(environment: Record<string, string> = {}): Promise<string> {
    const everything = start('start', environment);
    expect(await everything.exit(), everything.output).toBe(1);
    expect(everything.output).not.toMatch(STACK_TRACE);
    expect(everything.output).not.toMatch(/did not close|API ready/);
    return everything.output;
  }

  it.each([
    ['storage', NO_STORAGE, undefined, 'PostgreSQL at 127.0.0.1:3'],
    ["Temporal's server", {}, 'TEMPORAL_PORT', 'set TEMPORAL_PORT to a free port'],
    ['the API', {}, 'PORT', 'set PORT to a free port'],
    ['storage and Temporal', NO_STORAGE, 'TEMPORAL_PORT', 'PostgreSQL at 127.0.0.1:3'],
  ])('for %s says so, and ends what was started beside it', async (_name, environment, takenPort, message) => {
    const other = takenPort === undefined ? undefined : await takePort(Number(setting.environment[takenPort]));
    expect(await failedStart(environment)).toContain(message);
    other?.close();
    expect(await leftovers()).toEqual([]);
  });
});

describe('the demo', () => {
  it('piped into head ends in order', async () => {
    const program = `'${process.execPath}' '${PROGRAM}' demo`;
    const line = `{ ${program}; echo "code $?" >&2; } | head -3`;
    const env = { ...process.env, ...setting.environment, LOG_FORMAT: 'json' };
    const { stdout, stderr } = await promisify(execFile)('sh', ['-c', line], { env });
    expect(stdout.trim().split('\n')).toHaveLength(3);
    expect(stderr.trim()).toBe(`code ${UNREAD}`);
    expect(await leftovers()).toEqual([]);
  });

  it('that is interrupted in the middle of an answer ends in order, and says nothing more', async () => {
    const running = start('demo');
    await running.said('│ ');
    running.signal('SIGINT');
    expect(await running.exit(), running.output).toBe(INTERRUPTED);
    expect(await leftovers()).toEqual([]);
    expect(running.output).not.toMatch(/Outcome|rror/);
  });
});

describe('a process of its own', () => {
  let temporal: TestTemporalServer;

  beforeAll(async () => {
    temporal = await startTemporalServer();
  });
  afterAll(() => temporal.stop());

  function startOne(command: CommandName): SpawnedProcess {
    return start(command, { STORAGE_URL: 'memory:', TEMPORAL_ADDRESS: temporal.address });
  }

  it('for workers ends in order when its terminal hangs up', { tags: 'unread-output' }, async () => {
    const worker = startOne('worker');
    await worker.untilReady();
    worker.signal('SIGHUP');
    expect(await worker.exit(), worker.output).toBe(HUNG_UP);
    expect(worker.output).not.toMatch(STACK_TRACE);
  });

  it('for the API ends in order when nobody reads anything of what it says', { tags: 'unread-output' }, async () => {
    const api = startOne('api');
    api.closeOutput('stdout', 'stderr');
    expect(await api.exit()).toBe(UNREAD);
  });
});

describe('the doctor', () => {
  it('ends without a word when nobody reads what it finds', async () => {
    const doctor = start('doctor');
    doctor.closeOutput('stdout');
    expect(await doctor.exit(), doctor.output).toBe(UNREAD);
    expect(doctor.output).toBe('');
  });
});

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
