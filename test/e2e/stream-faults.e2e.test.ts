import { setTimeout as delay } from 'node:timers/promises';

import { createClient } from 'graphql-ws';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import { watchExecution } from '../../src/client/index.js';
import type { StreamEvent } from '../../src/core/streams/stream-event.js';
import { openStreamLog } from '../../src/streams/open-stream-log.js';
import { LONG_PROSE } from '../support/aimock-review.js';
import { execution, settledToken } from '../support/api-client.js';
import { freePort } from '../support/free-port.js';
import { expectWhole, Installation, Surroundings, write, type WritingIds } from '../support/installation.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { streamBackends, type BreakableBackend } from '../support/stream-backends.js';
import { StreamViewer } from '../support/stream-viewer.js';

/** The answer comes in so many chunks. */
const CHUNKS = 40;
const CHUNK_SIZE = Math.ceil(LONG_PROSE.length / CHUNKS);

const BACKENDS = await streamBackends();

let surroundings: Surroundings;

beforeAll(async () => {
  surroundings = await Surroundings.start({ chunkSize: CHUNK_SIZE });
});

afterAll(() => surroundings.stop());

async function sawCharacters(viewer: StreamViewer, count: number): Promise<void> {
  while (viewer.text.length < count) await delay(2);
}

interface Watched {
  readonly ids: WritingIds;
  readonly viewer: StreamViewer;
  /** The code that the viewer is closed with. */
  readonly watching: Promise<number>;
}

async function watched(here: Installation): Promise<Watched> {
  const ids = await write(here.address);
  const viewer = new StreamViewer();
  return { ids, viewer, watching: viewer.watch(here.address, ids.executionId) };
}

async function workerKilledAt(here: Installation, chunk: number): Promise<void> {
  const { ids, viewer, watching } = await watched(here);
  const caller = await here.callerOf(ids);
  await sawCharacters(viewer, chunk === 1 ? 1 : (chunk - 1) * CHUNK_SIZE);
  await caller.kill();
  const [code] = await Promise.all([watching, here.startWorker()]);
  expect(code).toBe(1000);
  await expectWhole(here.address, ids, [viewer]);
  const { attempts } = await execution(here.address, ids.executionId);
  expect(attempts.map(({ outcome }) => outcome)).toEqual(['lost', 'completed']);
}

async function workerFrozenBeforeItOpened(here: Installation): Promise<void> {
  const client = new pg.Client({ connectionString: here.storageUrl });
  await client.connect();
  // It looks for a stored turn before it opens its stream: there it waits, and there it is frozen.
  await client.query('begin; lock table circuit_breaker.turns in access exclusive mode');
  const { ids, viewer, watching } = await watched(here);
  const frozen = await here.callerOf(ids);
  frozen.signal('SIGSTOP');
  await client.query('commit');
  await client.end();
  await viewer.sawChunks(3);
  frozen.signal('SIGCONT');
  expect(await watching).toBe(1000);
  await expectWhole(here.address, ids, [viewer]);
  expect(viewer.attempts).toBe(1);
}

async function workerFrozenWhileItWrote(here: Installation): Promise<void> {
  const { ids, viewer, watching } = await watched(here);
  const caller = await here.callerOf(ids);
  await sawCharacters(viewer, 3 * CHUNK_SIZE);
  caller.signal('SIGSTOP');
  while (viewer.attempts < 2) await delay(20);
  caller.signal('SIGCONT');
  expect(await watching).toBe(1000);
  await expectWhole(here.address, ids, [viewer]);
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
  const ids = await write(here.address);
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
  await expectWhole(here.address, ids, [byGraphql, bySocket, bySse]);
}

/**
 * One answer is in its middle when the backend goes, another comes to its end meanwhile: that is stored and moves its token
 * all the same. Those who watch get the rest when the backend is back.
 */
async function backendAway(
  here: Installation,
  backend: BreakableBackend,
): Promise<{ readonly ids: WritingIds; readonly viewer: StreamViewer }> {
  const late = await watched(here);
  await sawCharacters(late.viewer, 25 * CHUNK_SIZE);
  const early = await watched(here);
  await sawCharacters(early.viewer, 3 * CHUNK_SIZE);
  await backend.takeAway();
  expect(await settledToken(here.address, late.ids.tokenId)).toMatchObject({ place: 'written' });
  expect(late.viewer.last?.eventType).not.toBe('completed');
  await backend.giveBack();
  for (const { ids, viewer, watching } of [early, late]) {
    expect(await watching).toBe(1000);
    await expectWhole(here.address, ids, [viewer]);
  }
  return late;
}

/** A stream whose time is over is gone from the log, and is answered all the same. */
async function streamExpired(here: Installation, backend: BreakableBackend): Promise<void> {
  const { ids, viewer: before } = await backendAway(here, backend);
  const short = { PORT: String(await freePort()), STREAM_RETENTION_SECONDS: '1', CLEANUP_INTERVAL_SECONDS: '1' };
  await here.startApi(short);
  const log = await openStreamLog(backend.url, { logger: new MemoryLogger() });
  const state = async () => (await log.read([{ executionId: ids.executionId, from: 0, limit: 1 }]))[0]?.state;
  while ((await state()) !== 'absent') await delay(50);
  await log.shutdown();
  const viewer = new StreamViewer();
  expect(await viewer.watch(here.address, ids.executionId)).toBe(1000);
  expect(viewer.events.map(({ eventType }) => eventType)).toEqual(['attempt_started', 'content_chunk', 'completed']);
  expect(viewer.last?.sequence).toBe(before.last?.sequence);
  await expectWhole(here.address, ids, [viewer]);
}

describe('whatever dies, what a viewer reads at the end is what was stored', () => {
  for (const { name, isThere, start } of BACKENDS) {
    (isThere ? it.concurrent : it.skip)(`with streams on ${name}`, async () => {
      const backend = await start();
      const here = await Installation.start(surroundings, `faults-${name.toLowerCase()}`, backend.url);
      try {
        for (const chunk of [1, 20, CHUNKS - 1]) await workerKilledAt(here, chunk);
        await workerFrozenBeforeItOpened(here);
        // Not at once: a frozen worker takes tasks that others wait for.
        await workerFrozenWhileItWrote(here);
        await apiKilled(here);
        await streamExpired(here, backend);
      } finally {
        await here.stop();
        await backend.stop();
      }
    });
  }
});
