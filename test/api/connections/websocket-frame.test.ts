import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';

import { textFrame } from '../../../src/api/connections/websocket-frame.js';

/** Read by an independent implementation of the protocol. */
describe('a text message as one frame', () => {
  let http: Server;
  let client: WebSocket;
  let wire: Duplex;
  let socket: WebSocket;

  beforeEach(async () => {
    http = createServer();
    const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
    const upgraded = new Promise<void>((resolve) => {
      http.on('upgrade', (request, duplex, head) => {
        sockets.handleUpgrade(request, duplex, head, (opened) => {
          [wire, socket] = [duplex, opened];
          resolve();
        });
      });
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
    await Promise.all([upgraded, once(client, 'open')]);
  });
  afterEach(() => {
    client.terminate();
    http.close();
  });

  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 1_048_576])('arrives whole with %i bytes', async (length) => {
    wire.write(textFrame('x'.repeat(length)));
    const [data, isBinary] = (await once(client, 'message')) as [Buffer, boolean];
    expect([data.toString('utf8') === 'x'.repeat(length), isBinary]).toEqual([true, false]);
  });

  it('keeps its place among what the socket itself says', async () => {
    const seen: string[] = [];
    client.on('ping', () => seen.push('ping')).on('message', (data: Buffer) => seen.push(data.toString('utf8')));
    wire.write(textFrame('{"a":"ä"}'));
    socket.ping();
    wire.write(textFrame('after'));
    socket.close(1000);
    await once(client, 'close');
    expect(seen).toEqual(['{"a":"ä"}', 'ping', 'after']);
  });
});
