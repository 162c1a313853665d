import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { apiUnderTest, type ApiUnderTest } from '../../support/api-under-test.js';
import { eventually } from '../../support/eventually.js';

const ID = 'open';
const AS_EVENTS = `GET /agent-stream/${ID} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n`;
const UPGRADE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';

/** However somebody goes, and at whatever moment, nothing is kept for them. */
describe('who leaves', () => {
  let api: ApiUnderTest;
  let port: number;

  beforeEach(async () => {
    api = await apiUnderTest();
    port = Number(new URL(await api.listen()).port);
    await api.streams.open(ID, { epoch: 1, turn: 1, reason: 'first' });
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await api.stop();
  });

  async function sent(text: string): Promise<Socket> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => undefined).write(text);
    await once(socket, 'connect');
    return socket;
  }

  async function nobodyIsLeft(): Promise<void> {
    await eventually(() => {
      expect([api.openStreams.count, api.reader.stats()]).toEqual([0, { streams: 0, viewers: 0 }]);
    });
  }

  it.each([
    ['an event stream', AS_EVENTS],
    ['a WebSocket', `GET /agent-stream/${ID} HTTP/1.1\r\nHost: 127.0.0.1\r\n${UPGRADE}\r\n\r\n`],
  ])('%s: while the log is still asked for it', async (_door, request) => {
    const read = api.streams.read.bind(api.streams);
    vi.spyOn(api.streams, 'read').mockImplementation(async (ranges) => {
      await delay(100);
      return await read(ranges);
    });
    const sockets = await Promise.all(Array.from({ length: 20 }, () => sent(request)));
    await delay(30);
    for (const socket of sockets) socket.destroy();
    await delay(200);
    await nobodyIsLeft();
  });

  it('having asked for many event streams in one breath, of which the second would have to wait for ever', async () => {
    const socket = await sent(AS_EVENTS.repeat(500));
    socket.resume();
    await once(socket, 'end');
    await nobodyIsLeft();
  });

  it.each([
    ['sends more than was asked for, and ends', true],
    ['stays', false],
  ])('after an upgrade that was refused, and %s', async (_how, ends) => {
    const refused = `GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\n${UPGRADE}\r\n\r\n`;
    const sockets = await Promise.all(Array.from({ length: 20 }, () => sent(refused)));
    const answers = sockets.map((socket) => once(socket, 'data') as Promise<[Buffer]>);
    for (const socket of sockets) if (ends) socket.end(Buffer.alloc(200_000));
    expect((await Promise.all(answers)).map(([answer]) => answer.toString().slice(0, 12))).toEqual(
      sockets.map(() => 'HTTP/1.1 404'),
    );
    await nobodyIsLeft();
    for (const socket of sockets) socket.destroy();
  });
});
