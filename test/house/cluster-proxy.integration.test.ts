import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';

import { createProxy } from '../../scripts/cluster/proxy.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';

const servers: Server[] = [];
let asked: IncomingMessage[];

beforeEach(() => {
  asked = [];
});
afterEach(() => {
  for (const server of servers.splice(0)) server.closeAllConnections();
});

async function listening(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Says its name to everybody; at /stream one event, and then nothing more. */
function api(name: string): Server {
  const server = createServer((request, response) => {
    asked.push(request);
    if (request.url === '/stream')
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    else response.end(name);
  });
  new WebSocketServer({ server }).on('connection', (socket, request) => {
    asked.push(request);
    socket.on('message', (data: Buffer) => {
      socket.send(`${name} heard ${data.toString()}`);
    });
  });
  return server;
}

it('passes an event on as it is said, and says where a caller is, whatever the caller says', async () => {
  const proxy = await listening(createProxy([await listening(api('one'))]));
  const response = await fetch(`http://${proxy}/stream`, { headers: { 'x-forwarded-for': '203.0.113.9' } });
  const reader = (response.body as ReadableStream<Uint8Array> | null)?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('data: 1\n\n');
  expect(asked[0]?.headers['x-forwarded-for']).toBe('127.0.0.1');
  const left = new Promise((resolve) => asked[0]?.socket.once('close', resolve));
  await reader?.cancel();
  await left;
});

it('passes sockets on, and their end', async () => {
  const proxy = await listening(createProxy([await listening(api('one'))]));
  const socket = new WebSocket(`ws://${proxy}/agent-stream/x?after=3`);
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send('hello');
  const heard = await new Promise<string>((resolve) => {
    socket.once('message', (data: Buffer) => {
      resolve(data.toString());
    });
  });
  expect(heard).toBe('one heard hello');
  expect(asked[0]?.url).toBe('/agent-stream/x?after=3');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  servers[0]?.closeAllConnections();
  asked[0]?.socket.destroy();
  await closed;
});

it('passes over who does not answer, and waits for one who comes back', async () => {
  const port = await freePort();
  const proxy = await listening(createProxy([`127.0.0.1:${port}`]));
  const answer = fetch(`http://${proxy}/`);
  const late = api('late');
  servers.push(late);
  late.listen(port, '127.0.0.1');
  expect(await (await answer).text()).toBe('late');
});

it('spreads those who stay over all', async () => {
  const [one, two] = await Promise.all([listening(api('one')), listening(api('two'))]);
  const proxy = await listening(createProxy([one, two]));
  const streams = await Promise.all([1, 2, 3, 4].map(() => fetch(`http://${proxy}/stream`)));
  await eventually(() => {
    expect(asked.map(({ socket }) => socket.localPort).toSorted()).toHaveLength(4);
  });
  const counts = [one, two].map(
    (upstream) => asked.filter(({ socket }) => upstream.endsWith(`:${String(socket.localPort)}`)).length,
  );
  expect(counts).toEqual([2, 2]);
  for (const stream of streams) await stream.body?.cancel();
});
