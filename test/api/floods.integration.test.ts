import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';

import { apiUnderTest, type ApiUnderTest } from '../support/api-under-test.js';
import { eventually } from '../support/eventually.js';
import { handles, settledHeap } from '../support/settled-heap.js';

const OPEN = 'open';
const WATCH = `subscription { agentExecutionStream(executionId: "${OPEN}") { content } }`;
const MIB = 1024 * 1024;

const UPGRADE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

/** Whoever comes in great numbers, or breaks the rules, costs a bounded amount of memory, and nothing once it has left. */
describe('a server that is flooded', () => {
  let api: ApiUnderTest;
  let address: string;
  let port: number;

  beforeEach(async () => {
    api = await apiUnderTest({ maxOpenStreams: 200 });
    address = await api.listen();
    port = Number(new URL(address).port);
    await api.streams.open(OPEN, { epoch: 1, turn: 1, reason: 'first' });
  });
  afterEach(async () => {
    vi.useRealTimers();
    await api.stop();
  });

  const wsAddress = (path: string) => `${address.replace('http', 'ws')}${path}`;

  /** A connection that has sent the head of a request; not more. */
  async function requested(path: string, headers: readonly string[]): Promise<Socket> {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers.join('\r\n')}\r\n\r\n`);
    await once(socket, 'connect');
    return socket;
  }

  async function acknowledged(): Promise<WebSocket> {
    const socket = new WebSocket(wsAddress('/graphql'), 'graphql-transport-ws');
    socket.on('error', () => undefined);
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init' }));
    await once(socket, 'message');
    return socket;
  }

  async function everybodyHasLeft(): Promise<void> {
    await eventually(() => {
      expect([api.openStreams.count, api.reader.stats()]).toEqual([0, { streams: 0, viewers: 0 }]);
    });
  }

  const visits: Readonly<Record<string, () => Promise<void>>> = {
    'a WebSocket that is cut off while it watches': async () => {
      const socket = await requested(`/agent-stream/${OPEN}`, UPGRADE);
      await once(socket, 'data');
      socket.destroy();
    },
    'an upgrade that is cut off before it is answered': async () => {
      (await requested(`/agent-stream/${OPEN}`, UPGRADE)).destroy();
    },
    'an event stream that is cut off while it watches': async () => {
      const socket = await requested(`/agent-stream/${OPEN}`, ['Accept: text/event-stream']);
      await once(socket, 'data');
      socket.destroy();
    },
    'an event stream that is cut off before it is answered': async () => {
      (await requested(`/agent-stream/${OPEN}`, ['Accept: text/event-stream'])).destroy();
    },
    'a GraphQL socket that is cut off in the middle of a subscription': async () => {
      const socket = await acknowledged();
      socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: WATCH } }));
      await once(socket, 'message');
      socket.terminate();
    },
    'a request for what nobody knows': async () => {
      const socket = await requested('/agent-stream/nobody', UPGRADE);
      await once(socket, 'data');
      socket.destroy();
    },
  };

  it('keeps nothing of 10,000 visits that broke off, whatever they were doing', async () => {
    const kinds = Object.values(visits);
    const flood = async (visitors: number) => {
      let next = 0;
      const lane = async () => {
        for (let n = next++; n < visitors; n = next++) await kinds[n % kinds.length]?.();
      };
      await Promise.all(Array.from({ length: 50 }, lane));
      await everybodyHasLeft();
    };
    await flood(1000);
    await delay(100);
    const before = { heap: await settledHeap(), handles: handles() };
    await flood(10_000);
    await delay(100);
    const grown = (await settledHeap()) - before.heap;
    // 10,000 sockets are more than 100 MB while they are open.
    expect(grown).toBeLessThan(8 * MIB);
    expect(handles()).toEqual(before.handles);
  });

  it('takes so many streams at once, says so to the next, and takes more when some have left', async () => {
    const watchers = Array.from({ length: 200 }, () => new WebSocket(wsAddress(`/agent-stream/${OPEN}`)));
    await Promise.all(watchers.map((socket) => once(socket, 'open')));
    const refused = new WebSocket(wsAddress(`/agent-stream/${OPEN}`)).on('error', () => undefined);
    const [, response] = (await once(refused, 'unexpected-response')) as [unknown, { statusCode: number }];
    refused.terminate();
    const bySse = await fetch(`${address}/agent-stream/${OPEN}`, { headers: { accept: 'text/event-stream' } });
    expect([response.statusCode, bySse.status]).toEqual([503, 200]);
    // An EventSource would take a 503 for the last word.
    expect(await bySse.text()).toMatch(/^: UNAVAILABLE: .*\nretry: 5000\n\n$/);
    for (const socket of watchers) socket.terminate();
    await everybodyHasLeft();
    const again = new WebSocket(wsAddress(`/agent-stream/${OPEN}`));
    await once(again, 'message');
    again.terminate();
  });

  it.each([
    ['a viewer', `/agent-stream/${OPEN}`, []],
    ['a refused page', '/agent-stream/nobody', ['Origin: http://127.0.0.1']],
    ['a page of another origin', '/graphql', ['Origin: http://localhost:1']],
    ['a GraphQL socket', '/graphql', ['Sec-WebSocket-Protocol: graphql-transport-ws']],
  ])('ends %s that begins a frame of 10 MB, and serves the others', async (_who, path, headers) => {
    const socket = await requested(path, [...UPGRADE, ...headers]);
    await once(socket, 'data');
    socket.write(frameHead(10 * MIB));
    await once(socket.resume(), 'close');
    expect((await fetch(`${address}/health/live`)).status).toBe(200);
  });

  it('takes no text from a binary frame that is none, and lives', async () => {
    const socket = await acknowledged();
    const closed = once(socket, 'close') as Promise<[number]>;
    socket.send(Buffer.from([0xff, 0xfe, 0x00]), { binary: true });
    expect((await closed)[0]).toBe(4400);
  });

  const protocolPing = JSON.stringify({ type: 'ping', payload: { text: 'x'.repeat(1000) } });
  it.each([
    [
      '20,000 pings of the protocol',
      20_000,
      (socket: WebSocket) => {
        socket.send(protocolPing);
      },
    ],
    [
      '200,000 pings of WebSocket',
      200_000,
      (socket: WebSocket) => {
        socket.ping('x'.repeat(120));
      },
    ],
  ])('lets no answers pile up to one who sends %s and reads nothing', async (_what, pings, ping) => {
    const serverSide: Socket[] = [];
    api.app.server.on('connection', (socket: Socket) => serverSide.push(socket));
    const socket = await acknowledged();
    socket.pause();
    let most = 0;
    for (let n = 0; n < pings; n += 1) {
      ping(socket);
      if (n % 500 !== 0) continue;
      await delay(1);
      most = Math.max(most, ...serverSide.map((one) => one.writableLength));
    }
    // 20 MB were said; the kernel takes the first of them.
    expect(most).toBeLessThan(MIB);
    socket.terminate();
    await everybodyHasLeft();
  });

  it('has 100 operations for one who subscribes 10,000 times, refuses the rest, and ends them all with the socket', async () => {
    const socket = await acknowledged();
    const types: Record<string, number> = {};
    socket.on('message', (data: Buffer) => {
      const { type } = JSON.parse(data.toString('utf8')) as { type: string };
      types[type] = (types[type] ?? 0) + 1;
    });
    const payload = { query: WATCH };
    for (let n = 0; n < 10_000; n += 1) socket.send(JSON.stringify({ id: String(n), type: 'subscribe', payload }));
    await eventually(() => {
      expect(types).toEqual({ next: 100, error: 9900 });
    });
    expect(api.reader.stats()).toEqual({ streams: 1, viewers: 100 });
    socket.terminate();
    await everybodyHasLeft();
  });

  it.each([
    ['asks', ''],
    ['offers another protocol', 'Connection: Upgrade\r\nUpgrade: h2c\r\n'],
  ])(
    'answers others while somebody %s 5,000 times at once on one connection, and that one in order',
    async (_how, headers) => {
      const ask = (path: string, more: string) => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${more}\r\n`;
      const socket = connect(port, '127.0.0.1');
      let text = '';
      socket.on('data', (data: Buffer) => (text += data.toString('latin1')));
      const ended = once(socket, 'close');
      await once(socket, 'connect');
      socket.write(ask('/health/live', headers).repeat(5000) + ask('/nothing', 'Connection: close\r\n'));
      const count = () => text.match(/HTTP\/1\.1 200 OK/g)?.length ?? 0;
      expect((await fetch(`${address}/health/live`)).status).toBe(200);
      const begun = count();
      await ended;
      // One piece of what is read holds more than a thousand.
      expect(begun).toBeLessThan(500);
      expect(count()).toBe(5000);
      expect(text).toMatch(/HTTP\/1\.1 404 Not Found[^]*NOT_FOUND[^]*$/);
    },
  );

  const offer =
    'GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n';
  const lastRequest = 'GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n';

  it('answers one who offers another protocol 2,000 times on one connection, every time, and listens to it as to any other', async () => {
    const serverSide: Socket[] = [];
    api.app.server.on('connection', (socket: Socket) => serverSide.push(socket));
    const listeners = () => {
      const socket = serverSide[0];
      return socket?.eventNames().map((name) => [name, socket.listenerCount(name)]);
    };
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (data: Buffer) => (text += data.toString('latin1')));
    const answers = () => text.match(/HTTP\/1\.1 200 OK/g)?.length ?? 0;
    socket.write(offer);
    await eventually(() => {
      expect(answers()).toBe(1);
    });
    const before = listeners();
    socket.write(offer.repeat(2000));
    await eventually(() => {
      expect(answers()).toBe(2001);
    });
    expect(listeners()).toEqual(before);
    const ended = once(socket, 'close');
    socket.write(lastRequest);
    await ended;
    expect(new Set(serverSide).size).toBe(1);
  });

  it('reads no more from one who offers another protocol without end and takes no answer', async () => {
    const serverSide: Socket[] = [];
    api.app.server.on('connection', (socket: Socket) => serverSide.push(socket));
    const socket = await requested('/health/live', ['Connection: Upgrade', 'Upgrade: h2c']);
    socket.pause();
    let most = 0;
    const kept = () => Math.max(0, ...serverSide.map((one) => one.writableLength + one.readableLength));
    // 40 MB of answers.
    for (let n = 0; n < 200 && socket.writableLength < 4 * MIB; n += 1) {
      socket.write(offer.repeat(1000));
      await delay(1);
      most = Math.max(most, kept());
    }
    expect(most).toBeLessThan(MIB);
    expect((await fetch(`${address}/health/live`)).status).toBe(200);
    socket.destroy();
  });

  it.each([
    ['event stream', 'Accept: text/event-stream'],
    ['WebSocket', UPGRADE.join('\r\n')],
  ])('lets a little wait for an %s whose client never reads, and ends it after 30 seconds', async (_what, header) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const executionId = 'long';
    const writer = await api.streams.open(executionId, { epoch: 1, turn: 1, reason: 'first' });
    const serverSide: Socket[] = [];
    api.app.server.on('connection', (socket: Socket) => serverSide.push(socket));
    const socket = await requested(`/agent-stream/${executionId}`, [header]);
    socket.pause();
    const content = 'x'.repeat(60_000);
    // The kernel takes the first megabytes.
    for (let n = 0; n < 300; n += 1) {
      await writer.append([{ eventType: 'content_chunk', content }]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await vi.advanceTimersByTimeAsync(1000);
    expect(Math.max(...serverSide.map((one) => one.writableLength))).toBeLessThan(2 * MIB);
    expect(api.reader.stats()).toEqual({ streams: 1, viewers: 1 });
    await vi.advanceTimersByTimeAsync(40_000);
    // By the server: the client has not so much as noticed.
    expect(api.reader.stats()).toEqual({ streams: 0, viewers: 0 });
    socket.destroy();
    await everybodyHasLeft();
  });
});

/** Of a masked text frame that is so long, and what comes first of it. */
function frameHead(length: number): Buffer {
  const head = Buffer.alloc(14 + 100);
  head.set([0x81, 0x80 | 127]);
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}
