import { access, constants } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { openDirectory } from '../compose/open-directory.js';
import { elsewhereCluster } from '../compose/open-cluster.js';
import type { ProcessParts } from '../compose/run-process.js';
import type { Config } from '../config.js';
import { folderHolder } from '../storage/postgres/folder-lock.js';
import { connectPg } from '../storage/postgres/pg-connection.js';
import { connectClient } from '../temporal/connect.js';
import { findLocalCli } from '../temporal/find-temporal-cli.js';
import { isServing } from '../temporal/is-serving.js';
import { cliSearch } from '../temporal/open-temporal.js';
import { isListening } from '../temporal/ports.js';
import { isThatServer, readServerRecord } from '../temporal/server-record.js';
import { ApiClient } from './api-client.js';

/** What one look has found. `FAIL`: a start would fail because of it. `note`: it would not, and is worth knowing. */
interface Finding {
  readonly state: 'ok' | 'note' | 'FAIL';
  readonly about: string;
  readonly says: string;
}

const OLDEST_NODE = [20, 19] as const;

/** Looks at everything that a start needs and starts nothing. The exit code is 1 when something needed is missing. */
export async function runDoctor(parts: ProcessParts): Promise<void> {
  const { config, say } = parts;
  let failed = false;
  for (const look of [node, api, temporal, storage, streams, providers, credentials]) {
    const findings = await look(parts).catch((error: unknown) => [failure(look.name, error)]);
    for (const { state, about, says } of findings) {
      failed ||= state === 'FAIL';
      say(`${state.padEnd(4)}  ${about.padEnd(12)}  ${says.replaceAll('\n', `\n${' '.repeat(20)}`)}`);
    }
  }
  say(
    failed ? '\nA start would fail: mend what says FAIL.' : `\nReady to start: npm start (data in ${config.dataDir}).`,
  );
  if (failed) process.exitCode = 1;
}

type Look = (parts: ProcessParts) => Promise<readonly Finding[]>;

const ok = (about: string, says: string): Finding => ({ state: 'ok', about, says });
const note = (about: string, says: string): Finding => ({ state: 'note', about, says });
const fail = (about: string, says: string): Finding => ({ state: 'FAIL', about, says });

function failure(about: string, error: unknown): Finding {
  return fail(about, error instanceof Error ? error.message : String(error));
}

const node: Look = () => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isNew = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  const says = `${process.versions.node}; ${OLDEST_NODE.join('.')} or later is needed`;
  return Promise.resolve([isNew ? ok('node', process.versions.node) : fail('node', says)]);
};

const api: Look = async ({ config }) => {
  if (await runsAlready(config)) return [note('api', `one of ours answers at port ${config.port} already`)];
  if (!(await isListening(config.port, config.host))) return [ok('api', `port ${config.port} is free`)];
  return [fail('api', `port ${config.port} is taken by another program: stop that, or set PORT`)];
};

async function runsAlready({ host, port }: Config): Promise<boolean> {
  return await new ApiClient(`http://${host.includes(':') ? `[${host}]` : host}:${port}`).isReady();
}

const temporal: Look = async (parts) => {
  const { config } = parts;
  if (config.temporal.address === undefined) return [await devServer(config), await program(config)];
  const { connection } = await connectClient(elsewhereCluster(parts));
  await connection.close();
  return [ok('temporal', `the server at ${config.temporal.address} answers`)];
};

async function devServer({ dataDir, temporal: { port, uiPort } }: Config): Promise<Finding> {
  const record = await readServerRecord(dataDir);
  if (record !== undefined && (await isThatServer(record)))
    return ok('temporal', `our dev server runs at port ${record.port}`);
  if (await isServing(`127.0.0.1:${port}`)) {
    const advice = `use it with TEMPORAL_ADDRESS=localhost:${port}, or set TEMPORAL_PORT`;
    return fail('temporal', `another Temporal server answers at port ${port}: ${advice}`);
  }
  const taken = (await isListening(port)) ? 'TEMPORAL_PORT' : (await isListening(uiPort)) ? 'TEMPORAL_UI_PORT' : '';
  if (taken === '') return ok('temporal', `ports ${port} and ${uiPort} are free for a dev server`);
  return fail('temporal', `port ${taken === 'TEMPORAL_PORT' ? port : uiPort} is taken: set ${taken} to a free one`);
}

async function program(config: Config): Promise<Finding> {
  const path = await findLocalCli(cliSearch(config));
  if (path !== undefined) return ok('temporal', `the program is ${path}`);
  return note('temporal', 'no `temporal` is at hand: the first start will fetch one');
}

const storage: Look = async ({ config }) => [await database('storage', config.storageUrl, config)];

const streams: Look = async ({ config }) => {
  if (config.streamUrl === config.storageUrl) return [ok('streams', 'kept where storage is')];
  return [await database('streams', config.streamUrl, config)];
};

async function database(about: string, url: string, config: Config): Promise<Finding> {
  if (url.startsWith('memory:')) return note(about, 'in memory: gone with the process');
  if (url.startsWith('pglite:')) return await folder(about, url.slice('pglite:'.length), config);
  const sql = await connectPg(url, { logger: { warn: () => undefined } });
  try {
    await sql.query({ text: 'select 1', values: [] });
    return ok(about, `PostgreSQL at ${new URL(url).host} answers`);
  } finally {
    await sql.close();
  }
}

async function folder(about: string, path: string, config: Config): Promise<Finding> {
  const holder = await folderHolder(path);
  if (holder !== undefined && (await runsAlready(config)))
    return note(about, `${path} is in use by our server that runs (process ${holder})`);
  if (holder !== undefined) {
    const advice = 'stop that one, set DATA_DIR, or use PostgreSQL';
    return fail(about, `${path} is in use by process ${holder}, and only one can: ${advice}`);
  }
  await access(await nearestFolder(path), constants.W_OK);
  return ok(about, `the folder ${path} is free`);
}

/** The folder itself, or the one above it that is there already. */
async function nearestFolder(path: string): Promise<string> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  return isThere ? path : await nearestFolder(dirname(resolve(path)));
}

const providers: Look = async (parts) => {
  const statuses = await openDirectory(parts).check();
  const real = statuses.filter(({ type }) => type !== 'mock');
  if (real.length === 0)
    return [note('models', 'the mock only: set OPENAI_API_KEY, ANTHROPIC_API_KEY or GOOGLE_API_KEY, or run Ollama')];
  return real.map(({ type, works, message, models }) => {
    const some = models.slice(0, 3).join(', ');
    // Agents on other providers still run.
    return works
      ? ok(type, some === '' ? message : `${message} E.g. ${some}`)
      : note(type, `does not work: ${message}`);
  });
};

const credentials: Look = ({ config }) => {
  const variables = Object.entries(config.providers.credentials);
  const names = variables.map(([name]) => name).filter((name) => !name.endsWith('_HOSTS'));
  const findings = names.map((name) => {
    const hosts = config.providers.credentials[`${name}_HOSTS`] ?? '';
    if (hosts.trim() === '') return note('credential', `${name} goes nowhere: name its hosts in ${name}_HOSTS`);
    return ok('credential', `${name} may go to ${hosts}`);
  });
  return Promise.resolve(findings);
};
