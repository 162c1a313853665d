import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';

import { apiUnderTest, type ApiUnderTest } from '../support/api-under-test.js';
import { eventually } from '../support/eventually.js';

const ID = 'open';
const UPGRADE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';

/** Connections whose other side is gone without a word, and those that only seem so. Their time is ours to let pass. */
describe('whether somebody is still there', () => {
  let api: ApiUnderTest;
  let address: string;

  beforeEach(async () => {
    api = await apiUnderTest();
    address = await api.listen();
    await api.streams.open(ID, { epoch: 1, turn: 1, reason: 'first' });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  });
  afterEach(async () => {
    vi.useRealTimers();
    await api.stop();
  });

  /** A peer of its own kind: it says what it is told to, and answers nothing. */
  async function silentPeer(head: string): Promise<Socket> {
    const socket = connect(Number(new URL(address).port), '127.0.0.1');
    socket.on('error', () => undefined).write(`${head}\r\n\r\n`);
    await once(socket, 'data');
    return socket.resume();
  }

  async function pass(seconds: number): Promise<void> {
    for (let n = 0; n < seconds; n += 5) {
      await vi.advanceTimersByTimeAsync(5000);
      // What was sent crosses the network.
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  it.each([
    ['a viewer', `GET /agent-stream/${ID} HTTP/1.1\r\nHost: 127.0.0.1\r\n${UPGRADE}`],
    [
      'a GraphQL socket',
      `GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\n${UPGRADE}\r\nSec-WebSocket-Protocol: graphql-transport-ws`,
    ],
  ])('%s that answers no ping is cut off', async (_who, head) => {
    const closed = once(await silentPeer(head), 'close');
    await pass(50);
    await closed;
    await eventually(() => {
      expect([api.openStreams.count, api.reader.stats().viewers]).toEqual([0, 0]);
    });
  });

  it('a viewer that answers pings stays, however long nothing comes', async () => {
    const socket = new WebSocket(`${address.replace('http', 'ws')}/agent-stream/${ID}`);
    const pings = vi.fn();
    socket.on('ping', pings);
    await once(socket, 'message');
    await pass(120);
    expect(pings.mock.calls.length).toBeGreaterThanOrEqual(20);
    expect(api.reader.stats().viewers).toBe(1);
    socket.terminate();
  });

  it('an event stream has a comment every 5 seconds, and headers at once', async () => {
    const socket = await silentPeer(`GET /agent-stream/${ID} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream`);
    let text = '';
    socket.on('data', (data: Buffer) => (text += data.toString()));
    await pass(15);
    expect(text.match(/^:$/gm)).toHaveLength(3);
    socket.destroy();
  });

  it('a viewer that is there and takes nothing is closed with 1013', async () => {
    const executionId = 'long';
    const writer = await api.streams.open(executionId, { epoch: 1, turn: 1, reason: 'first' });
    const socket = new WebSocket(`${address.replace('http', 'ws')}/agent-stream/${executionId}`);
    const closed = once(socket, 'close') as Promise<[number]>;
    await once(socket, 'message');
    socket.pause();
    for (let n = 0; n < 300; n += 1) {
      await writer.append([{ eventType: 'content_chunk', content: 'x'.repeat(60_000) }]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await pass(30);
    await vi.advanceTimersByTimeAsync(2000);
    socket.resume();
    expect((await closed)[0]).toBe(1013);
    expect(api.reader.stats().viewers).toBe(0);
  });
});
