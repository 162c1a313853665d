import { setTimeout as delay } from 'node:timers/promises';

import { Client, Connection } from '@temporalio/client';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import { watchExecution } from '../../src/client/index.js';
import type { StreamEvent } from '../../src/core/stream-event.js';
import { openStreamLog } from '../../src/streams/open-stream-log.js';
import { startAimock, type AimockProcess } from '../support/aimock-process.js';
import { LONG_PROSE } from '../support/aimock-review.js';
import { createAgent, createToken, createWorkflow, execution, fire, settledToken } from '../support/api-client.js';
import { newSetting, type Setting } from '../support/everything.js';
import { freePort } from '../support/free-port.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { streamBackends, type BreakableBackend } from '../support/stream-backends.js';
import { sha256, streamFaults, StreamViewer } from '../support/stream-viewer.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';

/** The answer comes in so many chunks. */
const CHUNKS = 40;
const CHUNK_SIZE = Math.ceil(LONG_PROSE.length / CHUNKS);

const AGENT = {
  id: 'writer',
  name: 'Writer',
  llmProvider: { type: 'openai', model: 'gpt-4o-mini' },
  prompts: { system: 'You write.', userTemplate: 'Write about {input_data}' },
};
const WORKFLOW = {
  id: 'writing',
  name: 'Writing',
  places: ['asked', 'written'],
  initialPlace: 'asked',
  transitions: [
    {
      id: 'write',
      fromPlaces: ['asked'],
      toPlace: 'written',
      agentExecution: { agentId: 'writer', outputMapping: { 'data.text': 'response' } },
    },
  ],
};

const BACKENDS = await streamBackends();

let temporal: TestTemporalServer;
let client: Client;
let aimock: AimockProcess;

beforeAll(async () => {
  const modulePath = new URL('../support/aimock-review.ts', import.meta.url).pathname;
  [temporal, aimock] = await Promise.all([
    startTemporalServer(),
    startAimock({ modulePath, latencyMs: 50, chunkSize: CHUNK_SIZE }),
  ]);
  client = new Client({ connection: await Connection.connect({ address: temporal.address }) });
});

afterAll(async () => {
  await client.connection.close();
  await Promise.all([temporal.stop(), aimock.stop()]);
});

interface Ids {
  readonly tokenId: string;
  readonly executionId: string;
}

/** Two workers and an API as processes of their own, with a backend of streams that none of them shares a folder with. */
class Installation {
  readonly workers: SpawnedProcess[] = [];
  private readonly apis: SpawnedProcess[] = [];

  private constructor(
    readonly backend: BreakableBackend,
    private readonly database: TestDatabase,
    private readonly setting: Setting,
  ) {}

  static async start(prefix: string, backend: BreakableBackend): Promise<Installation> {
    const database = await createTestDatabase();
    const setting = await newSetting({
      TEMPORAL_ADDRESS: temporal.address,
      TASK_QUEUE_PREFIX: prefix,
      STORAGE_URL: database.url,
      STREAM_URL: backend.url,
      OPENAI_BASE_URL: aimock.baseUrl,
    });
    const installation = new Installation(backend, database, setting);
    await installation.startApi();
    await Promise.all([installation.startWorker(), installation.startWorker()]);
    await createAgent(setting.address, AGENT);
    await createWorkflow(setting.address, WORKFLOW);
    return installation;
  }

  get address(): string {
    return this.setting.address;
  }

  async startWorker(): Promise<void> {
    const worker = SpawnedProcess.start('src/worker.ts', this.setting.environment);
    this.workers.push(worker);
    await worker.said('Worker ready');
  }

  async startApi(otherwise: Readonly<Record<string, string>> = {}): Promise<SpawnedProcess> {
    const api = SpawnedProcess.start('src/api/main.ts', { ...this.setting.environment, ...otherwise });
    this.apis.push(api);
    await api.said('API ready');
    return api;
  }

  async write(): Promise<Ids> {
    const tokenId = await createToken(this.address, { workflowId: 'writing', data: { topic: 'tides' } });
    return { tokenId, executionId: await fire(this.address, { tokenId, transitionId: 'write' }) };
  }

  /** The worker on which Temporal says that the execution's model call runs. */
  async callerOf({ executionId }: Ids): Promise<SpawnedProcess> {
    for (;;) {
      const { raw } = await client.workflow.getHandle(executionId).describe();
      const identity = raw.pendingActivities?.[0]?.lastWorkerIdentity ?? '';
      const caller = this.workers.find(({ pid }) => identity.startsWith(`${String(pid)}@`));
      if (caller !== undefined) return caller;
      await delay(20);
    }
  }

  /** What must be true at the end, whatever died on the way. */
  async expectWhole(ids: Ids, viewers: readonly StreamViewer[], address = this.address): Promise<void> {
    const token = await settledToken(address, ids.tokenId);
    const stored = await execution(address, ids.executionId);
    expect(token).toMatchObject({ place: 'written', status: 'COMPLETED', data: { text: LONG_PROSE } });
    expect(token.history).toHaveLength(1);
    expect(stored).toMatchObject({ status: 'COMPLETED', finalResponse: LONG_PROSE });
    for (const viewer of viewers) {
      expect(viewer.text).toBe(stored.finalResponse);
      expect(viewer.last).toMatchObject({ eventType: 'completed', sha256: sha256(viewer.text) });
      expect(streamFaults(viewer.events)).toEqual([]);
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.workers, ...this.apis].map((one) => one.kill()));
    await this.database.drop();
    await this.backend.stop();
    await this.setting.remove();
  }
}

async function sawCharacters(viewer: StreamViewer, count: number): Promise<void> {
  while (viewer.text.length < count) await delay(2);
}

async function workerKilledAt(here: Installation, chunk: number): Promise<void> {
  const ids = await here.write();
  const viewer = new StreamViewer();
  const watching = viewer.watch(here.address, ids.executionId);
  const caller = await here.callerOf(ids);
  await sawCharacters(viewer, chunk === 1 ? 1 : (chunk - 1) * CHUNK_SIZE);
  await caller.kill();
  const [code] = await Promise.all([watching, here.startWorker()]);
  expect(code).toBe(1000);
  await here.expectWhole(ids, [viewer]);
}

async function workerFrozen(here: Installation): Promise<void> {
  const ids = await here.write();
  const viewer = new StreamViewer();
  const watching = viewer.watch(here.address, ids.executionId);
  const caller = await here.callerOf(ids);
  await sawCharacters(viewer, 3 * CHUNK_SIZE);
  caller.signal('SIGSTOP');
  while (viewer.attempts < 2) await delay(20);
  caller.signal('SIGCONT');
  expect(await watching).toBe(1000);
  await here.expectWhole(ids, [viewer]);
}

/** Watches over GraphQL from the cursor that the viewer has; resolves when the connection is over, or the stream. */
async function watchByGraphql(viewer: StreamViewer, address: string, executionId: string): Promise<void> {
  const socket = createClient({
    url: `${address.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
  const query = `subscription ($id: String!, $after: Int) { agentExecutionStream(executionId: $id, after: $after) {
    executionId sequence turn attempt eventType content sha256 timestamp } }`;
  const variables = { id: executionId, after: viewer.last?.sequence };
  try {
    const events = socket.iterate<{ agentExecutionStream: StreamEvent }>({ query, variables });
    for await (const { data } of events) if (data != null) viewer.take(data.agentExecutionStream);
  } catch {
    // The server was killed: whoever watches comes again.
  } finally {
    await socket.dispose();
  }
}

async function apiKilled(here: Installation): Promise<void> {
  const port = await freePort();
  const elsewhere = `http://127.0.0.1:${port}`;
  const dying = await here.startApi({ PORT: String(port) });
  const ids = await here.write();
  const [byGraphql, bySocket, bySse] = [new StreamViewer(), new StreamViewer(), new StreamViewer()];
  const watched = watchExecution({
    url: elsewhere,
    executionId: ids.executionId,
    fetch: async (input, init) => {
      if (typeof input !== 'string') throw new Error('an address is a text');
      return await fetch(input, init).catch(() => fetch(input.replace(elsewhere, here.address), init));
    },
  });
  const sse = (async () => {
    for await (const event of watched) bySse.take(event);
  })();
  const graphql = watchByGraphql(byGraphql, elsewhere, ids.executionId);
  const socket = bySocket.watch(elsewhere, ids.executionId);
  await Promise.all([byGraphql, bySocket, bySse].map((viewer) => sawCharacters(viewer, 5 * CHUNK_SIZE)));
  await dying.kill();
  await Promise.all([graphql, socket]);
  await Promise.all([
    watchByGraphql(byGraphql, here.address, ids.executionId),
    bySocket.watch(here.address, ids.executionId),
    sse,
  ]);
  expect(watched.isVerified).toBe(true);
  await here.expectWhole(ids, [byGraphql, bySocket, bySse]);
}

async function backendAway(here: Installation): Promise<{ readonly ids: Ids; readonly viewer: StreamViewer }> {
  const ids = await here.write();
  const viewer = new StreamViewer();
  const watching = viewer.watch(here.address, ids.executionId);
  await sawCharacters(viewer, 5 * CHUNK_SIZE);
  await here.backend.takeAway();
  await delay(1000);
  await here.backend.giveBack();
  expect(await watching).toBe(1000);
  await here.expectWhole(ids, [viewer]);
  return { ids, viewer };
}

/** A stream whose time is over is gone from the log, and is answered all the same. */
async function streamExpired(here: Installation): Promise<void> {
  const { ids, viewer: before } = await backendAway(here);
  const short = { PORT: String(await freePort()), STREAM_RETENTION_SECONDS: '1', CLEANUP_INTERVAL_SECONDS: '1' };
  await here.startApi(short);
  const log = await openStreamLog(here.backend.url, { logger: new MemoryLogger() });
  const state = async () => (await log.read([{ executionId: ids.executionId, from: 0, limit: 1 }]))[0]?.state;
  while ((await state()) !== 'absent') await delay(50);
  await log.shutdown();
  const viewer = new StreamViewer();
  expect(await viewer.watch(here.address, ids.executionId)).toBe(1000);
  expect(viewer.events.map(({ eventType }) => eventType)).toEqual(['attempt_started', 'content_chunk', 'completed']);
  expect(viewer.last?.sequence).toBe(before.last?.sequence);
  await here.expectWhole(ids, [viewer]);
}

describe('whatever dies, what a viewer reads at the end is what was stored', () => {
  for (const { name, isThere, start } of BACKENDS) {
    (isThere ? it.concurrent : it.skip)(`with streams on ${name}`, async () => {
      const here = await Installation.start(`faults-${name.toLowerCase()}`, await start());
      try {
        for (const chunk of [1, 20, CHUNKS - 1]) await workerKilledAt(here, chunk);
        await workerFrozen(here);
        await apiKilled(here);
        await streamExpired(here);
      } finally {
        await here.stop();
      }
    });
  }
});
