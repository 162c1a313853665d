import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { EntryLog } from '../../../src/streams/entries/entry-log.js';
import { connectNats, type NatsConnection } from '../../../src/streams/nats/nats-connection.js';
import { NatsEntries } from '../../../src/streams/nats/nats-entries.js';
import type { StreamLog } from '../../../src/streams/stream-log.js';
import { MemoryLogger } from '../../support/memory-logger.js';
import { canTestNats } from '../../support/nats.js';
import { NatsServer } from '../../support/nats-server.js';
import { aClaim, anExecution, chunk, readPage } from '../contract/stream-backend.js';

const PER_FETCH = 20;
const APPENDS = 3 * PER_FETCH;

describe.skipIf(!(await canTestNats()))('a log on NATS that is longer than one fetch', () => {
  let server: NatsServer;
  let nats: NatsConnection;
  let log: StreamLog;
  let executionId: string;

  beforeAll(async () => {
    server = await NatsServer.start();
    nats = await connectNats(server.url, { logger: new MemoryLogger(), messagesPerFetch: PER_FETCH });
    log = new EntryLog(new NatsEntries(nats));
  });
  afterAll(async () => {
    await log.shutdown();
    await nats.close();
    await server.stop();
  });

  beforeEach(async () => {
    executionId = anExecution();
    const writer = await log.open(executionId, aClaim({ turn: 1 }));
    for (let n = 1; n <= APPENDS; n += 1) await writer.append([chunk(`${n}`)]);
  });

  it.each([0, 1, PER_FETCH, APPENDS - 1])('is read to its end from %i on', async (from) => {
    const { entries, next } = await readPage(log, executionId, from);
    expect(entries.map(({ first }) => first)).toEqual(Array.from({ length: next - from }, (_, n) => from + n));
    expect(next).toBe(APPENDS + 1);
  });

  it('counts the attempts at a turn that are behind the first fetch', async () => {
    expect((await log.open(executionId, aClaim({ turn: 1, epoch: 1001 }))).attempt).toBe(2);
    expect((await log.open(executionId, aClaim({ turn: 2, epoch: 1002 }))).attempt).toBe(1);
    expect((await log.open(executionId, aClaim({ turn: 1, epoch: 1003 }))).attempt).toBe(3);
  });

  it('is read as far as it goes when its end has been removed meanwhile', async () => {
    const tail = await nats.last(executionId);
    const seen: number[] = [];
    await nats.walk(executionId, { from: 0, to: (tail?.position ?? 0) + 1, expected: 1 }, ({ first }) => {
      seen.push(first);
      return 'more';
    });
    expect(seen).toHaveLength(APPENDS + 1);
  });

  it('is given up with UNAVAILABLE when the server falls silent while it is read', async () => {
    const tail = await nats.last(executionId);
    const walked = nats.walk(executionId, { from: 0, to: tail?.position ?? 0, expected: 1 }, () => {
      void server.freeze();
      return 'more';
    });
    await expect(walked).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    server.thaw();
  });
});
