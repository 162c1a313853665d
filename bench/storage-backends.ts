import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { pendingExecution } from '../src/core/executions/pending-execution.js';
import { withAgentsElsewhere } from '../src/storage/elsewhere/agents-elsewhere.js';
import { openAgentStorage } from '../src/storage/open-agent-storage.js';
import { openStorage } from '../src/storage/open-storage.js';
import type { Storage } from '../src/storage/storage.js';
import { NatsServer } from '../test/support/nats-server.js';
import { createTestDatabase } from '../test/support/postgres.js';
import { RedisServer } from '../test/support/redis-server.js';
import { printRow, quantile, timed } from './figures.js';

const SILENT = { warn: () => undefined };
const WRITES = 2000;
const AT_ONCE = 20;
const PAGES = 200;

interface Opened {
  readonly storage: Storage;
  readonly stop: () => Promise<void>;
}

/** Executions as workers write them and the API reads them, on each backend. Redis and NATS have PostgreSQL for all else. */
export async function benchStorage(): Promise<void> {
  console.log(`\nStorage: ${WRITES} executions, ${AT_ONCE} at once`);
  const backends: readonly (readonly [string, () => Promise<Opened>])[] = [
    ['memory', () => opened('memory:', () => Promise.resolve())],
    ['PGlite, in a folder', onPglite],
    ['PostgreSQL', onPostgres],
    ['Redis, each write on disk', () => elsewhere(RedisServer.start({ keepsData: true }))],
    ['Redis, nothing on disk', () => elsewhere(RedisServer.start({ keepsData: false }))],
    ['NATS', () => elsewhere(NatsServer.start())],
  ];
  for (const [name, open] of backends) {
    const { storage, stop } = await open();
    try {
      for (const [what, figures] of await measure(storage)) printRow(`${name}: ${what}`, figures);
    } finally {
      await stop();
    }
  }
}

async function measure({ executions }: Storage): Promise<readonly (readonly [string, string])[]> {
  const now = (n: number) => new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString();
  const idOf = (n: number) => `bench-${n}`;
  const create = (n: number) =>
    executions.create(
      pendingExecution({ executionId: idOf(n), agentId: 'a', input: { text: 'x'.repeat(500) } }, now(n)),
    );
  const end = async (n: number) => {
    await executions.storeTurn(idOf(n), 1, { result: { text: 'y'.repeat(2000) } });
    await executions.update(idOf(n), { status: 'COMPLETED', finalResponse: 'y'.repeat(2000), completedAt: now(n) });
  };
  return [
    ['create', await rate(WRITES, create)],
    ['turn, and end', await rate(WRITES, end)],
    ['get', await rate(WRITES, (n) => executions.get(idOf(n)))],
    ['page of 50', await rate(PAGES, () => executions.list({}, { first: 50 }))],
    ['page of 50, of a status', await rate(PAGES, () => executions.list({ status: 'COMPLETED' }, { first: 50 }))],
  ];
}

async function rate(total: number, run: (n: number) => Promise<unknown>): Promise<string> {
  const samples: number[] = [];
  const seconds = await timed(total, AT_ONCE, async (n) => {
    const startedAt = performance.now();
    await run(n);
    samples.push(performance.now() - startedAt);
  });
  return `${(total / seconds).toFixed(0).padStart(6)}/s   p95 ${quantile(samples, 0.95).toFixed(1)} ms`;
}

async function opened(url: string, stop: () => Promise<void>): Promise<Opened> {
  const { storage } = await openStorage(url, { logger: SILENT });
  return { storage, stop: () => storage.close().then(stop) };
}

async function onPglite(): Promise<Opened> {
  const folder = await mkdtemp(join(tmpdir(), 'circuit-breaker-'));
  return await opened(`pglite:${folder}/storage`, () => rm(folder, { recursive: true }));
}

async function onPostgres(): Promise<Opened> {
  const database = await createTestDatabase();
  return await opened(database.url, () => database.drop());
}

async function elsewhere(starting: Promise<RedisServer | NatsServer>): Promise<Opened> {
  const [server, database] = await Promise.all([starting, createTestDatabase()]);
  const { storage: main, home } = await openStorage(database.url, { logger: SILENT });
  const storage = withAgentsElsewhere(main, home, await openAgentStorage(server.url, { home, logger: SILENT }));
  return {
    storage,
    stop: async () => {
      await storage.close();
      await server.stop();
      await database.drop();
    },
  };
}
