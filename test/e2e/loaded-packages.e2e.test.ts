import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { CommandName } from '../../src/cli/commands.js';
import { newSetting, type Setting } from '../support/everything.js';
import { canTestNats, testNatsUrl } from '../support/nats.js';
import { canTestPostgres, createTestDatabase } from '../support/postgres.js';
import { putPreparedStorage } from '../support/prepared-storage.js';
import { canTestRedis, testRedisUrl } from '../support/redis.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';

const WORKER = ['@temporalio/worker', '@temporalio/core-bridge'];
const API = ['fastify', 'graphql', 'graphql-jit', 'graphql-ws', 'mercurius', 'ws'];
const PGLITE = ['@electric-sql/pglite'];
const POSTGRES = ['pg'];
const REDIS = ['@redis/client'];
const NATS = ['@nats-io/jetstream', '@nats-io/transport-node'];

/** What is large, or is for one choice of several: it is loaded by those who use it. */
const WATCHED = [
  ...[...WORKER, ...API, ...PGLITE, ...POSTGRES, ...REDIS, ...NATS],
  ...['@anthropic-ai/sdk', '@google/genai', 'ollama', 'openai'],
  ...['@modelcontextprotocol/client'],
  ...['@swc/core', 'esbuild', 'pino-pretty', 'tar', 'tsx', 'typescript', 'yauzl'],
];

const [hasPostgres, hasRedis, hasNats] = await Promise.all([canTestPostgres(), canTestRedis(), canTestNats()]);
let setting: Setting;
let folder: string;

beforeEach(async () => {
  setting = await newSetting({ OLLAMA_BASE_URL: 'http://127.0.0.1:3', STORAGE_URL: 'memory:' });
  folder = await mkdtemp(join(tmpdir(), 'circuit-breaker-loaded-'));
});
afterEach(async () => {
  await setting.remove();
  await rm(folder, { recursive: true, force: true });
});

function start(command: CommandName, environment: Record<string, string> = {}, args: readonly string[] = []) {
  return SpawnedProcess.start(command, { ...setting.environment, NODE_V8_COVERAGE: folder, ...environment }, { args });
}

/** What a process that has ended in order had loaded of the packages that are watched. */
async function loaded(): Promise<readonly string[]> {
  const texts = await Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file), 'utf8')));
  const scripts = texts.flatMap((text) => (JSON.parse(text) as { result: readonly { url: string }[] }).result);
  const packages = scripts.map(({ url }) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? '');
  return WATCHED.filter((name) => packages.includes(name)).sort();
}

describe('of the packages that are for some, are loaded', () => {
  let temporal: TestTemporalServer;

  beforeAll(async () => {
    temporal = await startTemporalServer();
  });
  afterAll(() => temporal.stop());

  async function loadedByReady(command: CommandName, environment: Record<string, string>): Promise<readonly string[]> {
    const process = start(command, { TEMPORAL_ADDRESS: temporal.address, ...environment });
    await process.untilReady();
    expect(await process.stop(), process.output).toBe(0);
    return await loaded();
  }

  it('none for help', async () => {
    expect(await start('start', {}, ['--help']).exit()).toBe(0);
    expect(await loaded()).toEqual([]);
  });

  it("by a worker, the SDK's own", async () => {
    expect(await loadedByReady('worker', {})).toEqual([...WORKER].sort());
  });

  it('by an API, those that serve it', async () => {
    expect(await loadedByReady('api', {})).toEqual([...API].sort());
  });

  it('by everything in one process on a folder, those of both and of the folder', async () => {
    const storage = `${setting.environment['DATA_DIR'] ?? ''}/storage`;
    await putPreparedStorage(storage);
    expect(await loadedByReady('start', { STORAGE_URL: `pglite:${storage}` })).toEqual(
      [...WORKER, ...API, ...PGLITE].sort(),
    );
  });

  it.runIf(hasPostgres)('on PostgreSQL, its driver', async () => {
    const database = await createTestDatabase();
    expect(await loadedByReady('worker', { STORAGE_URL: database.url })).toEqual([...WORKER, ...POSTGRES].sort());
    await database.drop();
  });

  it.runIf(hasRedis)('with streams on Redis, its driver', async () => {
    expect(await loadedByReady('api', { STREAM_URL: testRedisUrl(0) })).toEqual([...API, ...REDIS].sort());
  });

  it.runIf(hasNats)('with streams on NATS, its driver', async () => {
    const streamUrl = testNatsUrl('loaded_packages');
    expect(await loadedByReady('api', { STREAM_URL: streamUrl })).toEqual([...API, ...NATS].sort());
  });

  it.runIf(hasRedis)('with agents on Redis, its driver', async () => {
    expect(await loadedByReady('api', { AGENT_STORAGE_URL: testRedisUrl(7) })).toEqual([...API, ...REDIS].sort());
  });

  it.runIf(hasNats)('with agents on NATS, its driver', async () => {
    const url = testNatsUrl('loaded_packages_agents');
    expect(await loadedByReady('api', { AGENT_STORAGE_URL: url })).toEqual([...API, ...NATS].sort());
  });

  it('by a worker with MCP servers, their client', async () => {
    const file = join(folder, '.mcp.json');
    await writeFile(file, JSON.stringify({ mcpServers: { none: { command: 'no-such-program' } } }));
    const worker = start('worker', { TEMPORAL_ADDRESS: temporal.address, MCP_CONFIG: file });
    await worker.said('an MCP server does not work');
    expect(await worker.stop(), worker.output).toBe(0);
    await rm(file);
    expect(await loaded()).toEqual([...WORKER, '@modelcontextprotocol/client'].sort());
  });

  it('for a terminal, what makes a log readable', async () => {
    expect(await loadedByReady('worker', { LOG_FORMAT: 'pretty' })).toEqual([...WORKER, 'pino-pretty'].sort());
  });

  it('by a demo beside a server that runs, none', async () => {
    const api = await SpawnedProcess.ready('api', { ...setting.environment, TEMPORAL_ADDRESS: temporal.address });
    // No worker is there: it waits, and is stopped.
    const demo = start('demo');
    await demo.said('Using the server that runs');
    await demo.stop();
    expect(await loaded()).toEqual([]);
    await api.stop();
  });

  it.each(['', '/client', '/definitions', '/testing', '/tools'])(
    'none by programs that import circuit-breaker%s',
    async (entry) => {
      const program = `await import('circuit-breaker${entry}')`;
      const env = { ...process.env, NODE_V8_COVERAGE: folder };
      await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { env });
      expect(await loaded()).toEqual([]);
    },
  );
});
