import { once } from 'node:events';
import { connect } from 'node:net';

import { beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';

import type { StreamWriter } from '../../src/streams/stream-log.js';
import { apiUnderTest, type ApiUnderTest } from '../support/api-under-test.js';

const ID = 'open';
const SSE = { headers: { accept: 'text/event-stream' } };
const WATCH = `subscription { agentExecutionStream(executionId: "${ID}") { eventType } }`;

/** Whoever watches is told to come again, and finds another process: nothing looks like the end of a stream. */
describe('a server that goes down', { tags: 'api-stopped' }, () => {
  let api: ApiUnderTest;
  let address: string;
  let socketAddress: string;
  let writer: StreamWriter;

  beforeEach(async () => {
    api = await apiUnderTest();
    address = await api.listen();
    socketAddress = address.replace('http', 'ws');
    writer = await api.streams.open(ID, { epoch: 1, turn: 1, reason: 'first' });
  });

  it('ends event streams, and closes sockets with 1012', async () => {
    const response = await fetch(`${address}/agent-stream/${ID}`, SSE);
    const text = response.text();
    const socket = new WebSocket(`${socketAddress}/agent-stream/${ID}`);
    const closed = once(socket, 'close') as Promise<[number]>;
    await once(socket, 'message');
    await api.stop();
    expect((await text).match(/^id: /gm)).toHaveLength(1);
    expect((await closed)[0]).toBe(1012);
  });

  it('answers an EventSource that comes meanwhile with a stream that ends at once, never with an error', async () => {
    const shutdown = api.reader.shutdown.bind(api.reader);
    const answers: unknown[] = [];
    vi.spyOn(api.reader, 'shutdown').mockImplementation(async () => {
      await shutdown();
      for (let visits = 0; visits < 2; visits += 1) {
        const response = await fetch(`${address}/agent-stream/${ID}`, SSE);
        answers.push([response.status, await response.text()]);
      }
    });
    const watching = await fetch(`${address}/agent-stream/${ID}`, SSE);
    await Promise.all([api.stop(), watching.text()]);
    expect(answers).toEqual([
      [200, ''],
      [200, ''],
    ]);
  });

  it('tells a GraphQL socket that opens meanwhile to come again, and does not wait for it', async () => {
    const shutdown = api.reader.shutdown.bind(api.reader);
    const late: WebSocket[] = [];
    const codes: Promise<unknown>[] = [];
    vi.spyOn(api.reader, 'shutdown').mockImplementation(async () => {
      const socket = new WebSocket(`${socketAddress}/graphql`, 'graphql-transport-ws');
      late.push(socket);
      codes.push(once(socket, 'close').then(([code]: unknown[]) => code));
      await once(socket, 'open');
      socket.send(JSON.stringify({ type: 'connection_init' }));
      socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: WATCH } }));
      await shutdown();
    });
    await api.stop();
    expect(await Promise.all(codes)).toEqual([1012]);
    expect(late).toHaveLength(1);
  });

  it('waits a few seconds at most for a viewer who takes nothing', { tags: 'viewer-slow' }, async () => {
    const socket = connect(Number(new URL(address).port), '127.0.0.1');
    socket.on('error', () => undefined);
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
    socket.write(`GET /agent-stream/${ID} HTTP/1.1\r\nHost: 127.0.0.1\r\n${[...upgrade, key].join('\r\n')}\r\n\r\n`);
    await once(socket, 'data');
    socket.pause();
    const content = 'x'.repeat(60_000);
    for (let n = 0; n < 300; n += 1) {
      await writer.append([{ eventType: 'content_chunk', content }]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const stopping = performance.now();
    await api.stop();
    // Not the thirty that a viewer gets otherwise.
    expect(performance.now() - stopping).toBeLessThan(20_000);
    socket.destroy();
  });
});
