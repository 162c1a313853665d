import { setTimeout as delay } from 'node:timers/promises';

import { createClient } from 'graphql-ws';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import { watchExecution } from '../../../src/client/index.js';
import type { StreamEvent } from '../../../src/core/streams/stream-event.js';
import { openStreamLog } from '../../../src/streams/open-stream-log.js';
import { LONG_PROSE } from '../../support/aimock-review.js';
import { execution, settledToken } from '../../support/api-client.js';
import { freePort } from '../../support/free-port.js';
import type { HeldProse } from '../../support/held-prose.js';
import { expectWhole, Installation, Surroundings, write, type WritingIds } from '../../support/installation.js';
import { MemoryLogger } from '../../support/memory-logger.js';
import type { BackendKind, BreakableBackend } from '../../support/stream-backends.js';
import { StreamViewer } from '../../support/stream-viewer.js';

/** The answer comes in so many chunks. */
const CHUNKS = 40;
const CHUNK_SIZE = Math.ceil(LONG_PROSE.length / CHUNKS);

interface Place {
  readonly here: Installation;
  readonly prose: HeldProse;
  readonly backend: BreakableBackend;
}

async function sawCharacters(viewer: StreamViewer, count: number): Promise<void> {
  while (viewer.text.length < count) await delay(2);
}

interface Watched {
  readonly ids: WritingIds;
  readonly viewer: StreamViewer;
  /** The code that the viewer is closed with. */
  readonly watching: Promise<number>;
}

async function watched(here: Installation, topic: string): Promise<Watched> {
  const ids = await write(here.address, topic);
  const viewer = new StreamViewer();
  return { ids, viewer, watching: viewer.watch(here.address, ids.executionId) };
}

/** Gives what the answer was written for. */
export async function workerKilledAt({ here, prose }: Omit<Place, 'backend'>, chunk: number): Promise<WritingIds> {
  const goOn = prose.hold('kills', chunk);
  const { ids, viewer, watching } = await watched(here, 'kills');
  const caller = await here.callerOf(ids);
  await sawCharacters(viewer, chunk * CHUNK_SIZE);
  await caller.kill();
  goOn();
  const [code] = await Promise.all([watching, here.startWorker()]);
  expect(code).toBe(1000);
  await expectWhole(here.address, ids, [viewer]);
  const { attempts } = await execution(here.address, ids.executionId);
  expect(attempts.map(({ outcome }) => outcome)).toEqual(['lost', 'completed']);
  return ids;
}

async function workerFrozenBeforeItOpened({ here }: Place): Promise<void> {
  const client = new pg.Client({ connectionString: here.storageUrl });
  await client.connect();
  // It looks for a stored turn before it opens its stream: there it waits, and there it is frozen.
  await client.query('begin; lock table circuit_breaker.turns in access exclusive mode');
  const { ids, viewer, watching } = await watched(here, 'ice');
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

async function workerFrozenWhileItWrote({ here, prose }: Place): Promise<void> {
  const goOn = prose.hold('frost', 3);
  const { ids, viewer, watching } = await watched(here, 'frost');
  const caller = await here.callerOf(ids);
  await sawCharacters(viewer, 3 * CHUNK_SIZE);
  caller.signal('SIGSTOP');
  goOn();
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

async function apiKilled({ here, prose }: Place): Promise<void> {
  const port = await freePort();
  const elsewhere = `http://127.0.0.1:${port}`;
  const dying = await here.startApi({ PORT: String(port) });
  const goOn = prose.hold('doors', 5);
  const ids = await write(here.address, 'doors');
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
  goOn();
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
 * One answer is in its middle when the backend goes and when it comes back, another comes to its end meanwhile: that is stored
 * and moves its token all the same. Those who watch get the rest when the backend is back.
 */
async function backendAway({ here, prose, backend }: Place): Promise<void> {
  const [endEbb, endFlood] = [prose.hold('ebb', 3), prose.hold('flood', 3)];
  const [ebb, flood] = [await watched(here, 'ebb'), await watched(here, 'flood')];
  for (const { viewer } of [ebb, flood]) await sawCharacters(viewer, 3 * CHUNK_SIZE);
  await backend.takeAway();
  endEbb();
  expect(await settledToken(here.address, ebb.ids.tokenId)).toMatchObject({ place: 'written' });
  expect(ebb.viewer.last?.eventType).not.toBe('completed');
  await backend.giveBack();
  endFlood();
  for (const { ids, viewer, watching } of [flood, ebb]) {
    expect(await watching).toBe(1000);
    await expectWhole(here.address, ids, [viewer]);
  }
}

/** A stream whose time is over is gone from the log, and is answered all the same. */
async function streamExpired({ here, backend }: Place): Promise<void> {
  const { ids, viewer: before, watching } = await watched(here, 'time');
  expect(await watching).toBe(1000);
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

/** Whatever dies, what a viewer reads at the end is what was stored. Not two at once: a frozen worker takes others' tasks. */
export function streamFaultsContract({ name, isThere, start }: BackendKind): void {
  describe.skipIf(!isThere)(`what a viewer of a stream on ${name} reads at the end is what was stored`, () => {
    let surroundings: Surroundings;
    let place: Place;

    beforeAll(async () => {
      const [around, backend] = await Promise.all([Surroundings.start({ chunks: CHUNKS }), start()]);
      surroundings = around;
      place = {
        here: await Installation.start(around, 'faults', { streamUrl: backend.url }),
        prose: around.prose,
        backend,
      };
    });
    afterAll(async () => {
      await place.here.stop();
      await Promise.all([place.backend.stop(), surroundings.stop()]);
    });

    it.each([1, 20, CHUNKS - 1])(
      'when its worker is killed after chunk %i',
      { tags: 'worker-killed' },
      async (chunk) => {
        await workerKilledAt(place, chunk);
      },
    );

    it('when its worker is frozen before it opened the stream', { tags: 'worker-frozen' }, async () => {
      await workerFrozenBeforeItOpened(place);
    });

    it('when its worker is frozen while it writes', { tags: 'worker-frozen' }, async () => {
      await workerFrozenWhileItWrote(place);
    });

    it('when the API is killed, by every door', { tags: 'api-killed' }, async () => {
      await apiKilled(place);
    });

    it('when the backend is away for a while', { tags: 'stream-away' }, async () => {
      await backendAway(place);
    });

    it('when the stream has expired', { tags: 'stream-forgot' }, async () => {
      await streamExpired(place);
    });
  });
}
