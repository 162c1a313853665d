import type { ChildProcess } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { access, copyFile, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { CircuitBreakerError, wordsOf } from '../core/errors.js';
import type { ProgramEnvironment } from '../core/program-environment.js';
import { searchAttributes } from '../contract/search-attributes.js';
import { makeDirectory } from '../make-directory.js';
import { startProgram } from './child-process.js';
import { isServing } from './is-serving.js';
import { isListening, portTaken } from './ports.js';
import {
  isThatServer,
  readServerRecord,
  removeServerRecord,
  writeServerRecord,
  type ServerRecord,
} from './server-record.js';

export interface DevServerOptions {
  readonly cli: string;
  readonly namespace: string;
  readonly port: number;
  readonly uiPort: number;
  readonly dataDir: string;
  readonly environment: ProgramEnvironment;
  /** Where the pages of its UI have payloads decrypted; absent: they show what is stored. */
  readonly codecEndpoint?: string | undefined;
  /** More settings for the server, as `name=JSON`. */
  readonly dynamicConfig?: readonly string[];
  /** Aborted when nobody waits for it any more: it is ended then. */
  readonly signal?: AbortSignal;
}

export interface DevServer {
  readonly address: string;
  readonly uiUrl: string;
  readonly pid: number;
  /** Copies its database into a folder, as it is at one moment: it stands still until that is done, and until `meanwhile` is. */
  copyTo(folder: string, meanwhile: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

/** Beside much else a start takes long; one that ends is not waited for. */
const START_TIMEOUT_MS = 120_000;
const LOOK_EVERY_MS = 20;
const STOP_PATIENCE_MS = 5000;
const LOG_TAIL = 1500;

const DATABASE = 'temporal.db';
/** With what was written and is not in it yet. Its index of that is made anew. */
const DATABASE_FILES = [DATABASE, `${DATABASE}-wal`];

/** What was measured to make the dev server fast and its limits exact: DESIGN section 6 has the figures. */
const TUNING = [
  ['--sqlite-pragma', 'journal_mode=WAL'],
  ['--sqlite-pragma', 'synchronous=NORMAL'],
  ['--dynamic-config-value', 'history.transferProcessorMaxPollRPS=2000'],
  ['--dynamic-config-value', 'history.timerProcessorMaxTimeShift="50ms"'],
  ['--dynamic-config-value', 'matching.numTaskqueueReadPartitions=1'],
  ['--dynamic-config-value', 'matching.numTaskqueueWritePartitions=1'],
].flat();

/**
 * Runs a Temporal dev server on a data folder. One that an earlier process of ours left there is adopted when it
 * was started in the same way, and replaced otherwise. Throws UNAVAILABLE when a port is taken or it does not start.
 */
export async function runDevServer(options: DevServerOptions): Promise<DevServer> {
  await makeUsable(options.dataDir);
  const left = await leftoverServer(options);
  if (left !== undefined) {
    await writeServerRecord(options.dataDir, { ...left, ownerPid: process.pid });
    return runningServer(options, left.pid);
  }
  await refuseTakenPorts(options);
  return await startServer(options);
}

async function makeUsable(dataDir: string): Promise<void> {
  try {
    await makeDirectory(dataDir);
    await access(dataDir, constants.W_OK);
  } catch (error) {
    const advice = 'Make it writable for this user, or set DATA_DIR to another folder.';
    const message = `The data folder ${dataDir} cannot be used (${wordsOf(error)}). ${advice}`;
    throw new CircuitBreakerError('UNAVAILABLE', message);
  }
}

type DevServerPlace = Pick<DevServerOptions, 'dataDir' | 'port' | 'uiPort'>;

/**
 * Throws what a start would throw before it starts anything: UNAVAILABLE when the server on the folder belongs to a
 * process that runs, or a port is taken. Changes nothing.
 */
export async function refuseTakenPlace(place: DevServerPlace): Promise<void> {
  // What an earlier process left is no obstacle: it is adopted, or ended first.
  if ((await recordedServer(place.dataDir)) === undefined) await refuseTakenPorts(place);
}

/** The server on a folder that no living process of ours has. Throws UNAVAILABLE when one does. */
async function recordedServer(dataDir: string): Promise<ServerRecord | undefined> {
  const record = await readServerRecord(dataDir);
  if (record === undefined || !(await isThatServer(record))) return undefined;
  if (record.ownerPid !== process.pid && isAlive(record.ownerPid)) throw inUse(dataDir, record);
  return record;
}

async function leftoverServer(options: DevServerOptions): Promise<ServerRecord | undefined> {
  const record = await recordedServer(options.dataDir);
  if (record === undefined) return undefined;
  const isAsAsked =
    record.port === options.port && record.uiPort === options.uiPort && record.codecEndpoint === options.codecEndpoint;
  if (isAsAsked && (await isServing(`127.0.0.1:${record.port}`))) return record;
  await endProcess(record.pid);
  return undefined;
}

async function refuseTakenPorts({ port, uiPort }: DevServerPlace): Promise<void> {
  if (await isListening(port)) {
    throw new CircuitBreakerError(
      'UNAVAILABLE',
      (await isServing(`127.0.0.1:${port}`)) ? takenByTemporal(port) : portTaken(port, 'TEMPORAL_PORT'),
    );
  }
  if (await isListening(uiPort)) throw new CircuitBreakerError('UNAVAILABLE', portTaken(uiPort, 'TEMPORAL_UI_PORT'));
}

function inUse(dataDir: string, { ownerPid, port }: ServerRecord): CircuitBreakerError {
  const lines = [
    `The Temporal server on the data folder ${dataDir} belongs to process ${ownerPid}, which is running.`,
    'Stop that process, set DATA_DIR to another folder (and TEMPORAL_PORT, TEMPORAL_UI_PORT), or use its server:',
    `  TEMPORAL_ADDRESS=localhost:${port}`,
  ];
  return new CircuitBreakerError('UNAVAILABLE', lines.join('\n'));
}

function takenByTemporal(port: number): string {
  return [
    `A Temporal server is running on port ${port} already. To use it:`,
    `  TEMPORAL_ADDRESS=localhost:${port} npm start`,
    'or set TEMPORAL_PORT (and TEMPORAL_UI_PORT) to start one of our own beside it.',
  ].join('\n');
}

async function startServer(options: DevServerOptions): Promise<DevServer> {
  options.signal?.throwIfAborted();
  const databasePath = databasePathOf(options);
  const log = openSync(logPathOf(options), 'w');
  // In a group of its own: Ctrl-C in the terminal must not take the server away before the worker has drained.
  const child = startProgram(options.cli, devServerArguments(options, databasePath), {
    environment: options.environment,
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  child.on('error', () => undefined);
  const { port, uiPort, dataDir, codecEndpoint } = options;
  const pid = child.pid ?? -1;
  // Before it serves: whoever is killed meanwhile leaves a server that the next start knows.
  await writeServerRecord(dataDir, { pid, ownerPid: process.pid, port, uiPort, codecEndpoint, databasePath });
  try {
    await untilServing(child, options);
  } catch (error) {
    await removeServerRecord(dataDir);
    throw error;
  }
  child.unref();
  return runningServer(options, pid);
}

/** How the CLI is called for a dev server of ours. */
export function devServerArguments(
  options: Pick<DevServerOptions, 'namespace' | 'port' | 'uiPort' | 'codecEndpoint' | 'dynamicConfig'>,
  databasePath: string,
): string[] {
  const attributes = Object.values(searchAttributes).flatMap(({ name }) => ['--search-attribute', `${name}=Keyword`]);
  return [
    ...[
      'server',
      'start-dev',
      '--ip',
      '127.0.0.1',
      '--port',
      String(options.port),
      '--ui-port',
      String(options.uiPort),
    ],
    ...['--namespace', options.namespace, '--db-filename', databasePath, '--log-level', 'warn'],
    ...(options.codecEndpoint === undefined ? [] : ['--ui-codec-endpoint', options.codecEndpoint]),
    ...attributes,
    ...TUNING,
    ...(options.dynamicConfig ?? []).flatMap((value) => ['--dynamic-config-value', value]),
  ];
}

async function untilServing(child: ChildProcess, options: DevServerOptions): Promise<void> {
  const { port, signal } = options;
  const deadline = Date.now() + START_TIMEOUT_MS;
  // The port first: a client that comes too early is told so a whole second later.
  while (!(await isListening(port)) || !(await isServing(`127.0.0.1:${port}`))) {
    const hasEnded = child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
    if (!hasEnded && signal?.aborted !== true && Date.now() < deadline) {
      await delay(LOOK_EVERY_MS);
      continue;
    }
    if (child.pid !== undefined) await endProcess(child.pid);
    signal?.throwIfAborted();
    const tail = (await readFile(logPathOf(options), 'utf8').catch(() => '')).slice(-LOG_TAIL).trim();
    const what = hasEnded ? 'ended' : `did not answer within ${START_TIMEOUT_MS / 1000} s`;
    throw new CircuitBreakerError(
      'UNAVAILABLE',
      `The Temporal dev server ${what}. The end of ${logPathOf(options)}:\n${tail}`,
    );
  }
}

function runningServer(options: DevServerOptions, pid: number): DevServer {
  return {
    address: `127.0.0.1:${options.port}`,
    uiUrl: `http://localhost:${options.uiPort}`,
    pid,
    copyTo: async (folder, meanwhile) => {
      sent(pid, 'SIGSTOP');
      try {
        // Whoever opens the copy finds what one would find whose server was killed at this moment.
        for (const file of DATABASE_FILES) await copyIfThere(join(options.dataDir, file), join(folder, file));
        await meanwhile();
      } finally {
        sent(pid, 'SIGCONT');
      }
    },
    stop: async () => {
      await endProcess(pid);
      await removeServerRecord(options.dataDir);
    },
  };
}

/** Ends a process in order, and the hard way when it does not. */
async function endProcess(pid: number): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!isAlive(pid)) return;
    sent(pid, signal);
    const deadline = Date.now() + STOP_PATIENCE_MS;
    while (isAlive(pid) && Date.now() < deadline) await delay(25);
  }
}

function isAlive(pid: number): boolean {
  return sent(pid, 0);
}

/** Whether the process was there to get the signal. */
function sent(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    // It is there, and somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function databasePathOf({ dataDir }: DevServerOptions): string {
  return resolve(join(dataDir, DATABASE));
}

async function copyIfThere(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}

function logPathOf({ dataDir }: DevServerOptions): string {
  return join(dataDir, 'temporal-server.log');
}
