import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { clock, PRELUDE, type Seen, type ViewersOrder } from './orders.js';
import { usage } from './usage.js';
import { serveOrders } from './orders-channel.js';

/** One latency in so many is kept. */
const SAMPLE_EVERY = 7;
/** Every chunk begins with this and the time at which it was written; it occurs nowhere else. */
const MARK = 0x40;
const STAMP_LENGTH = '1732412345678.1'.length;

let deliveries = 0;
let latencies: number[] = [];
const sockets: Socket[] = [];

/** Viewers as plain sockets that look for the stamps: this process must not be what is measured. */
async function watch(order: ViewersOrder): Promise<void> {
  const total = order.executions * order.viewersEach;
  const after = order.isOnePaused === true ? PRELUDE.chunks : undefined;
  let answered = 0;
  for (let n = 0; n < total; n += 1) {
    const id = `${order.prefix}-${Math.floor(n / order.viewersEach)}`;
    sockets.push(viewer(order, { id, after }, () => (answered += 1)));
    if (n % 50 === 49) await delay(10);
  }
  while (answered < total) await delay(20);
  if (order.isOnePaused === true) await pauseOne(order);
}

/** Takes the first events, and nothing more. */
async function pauseOne(order: ViewersOrder): Promise<void> {
  const socket = viewer(order, { id: `${order.prefix}-0` }, () => undefined);
  sockets.push(socket);
  await new Promise<void>((resolve) => {
    socket.on('data', () => {
      if (socket.bytesRead < PRELUDE.length) return;
      socket.pause();
      resolve();
    });
  });
}

interface Watched {
  readonly id: string;
  readonly after?: number | undefined;
}

function viewer({ address, door }: ViewersOrder, { id, after }: Watched, onAnswer: () => void): Socket {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  const query = after === undefined ? '' : `?after=${after}`;
  const path = door === 'graphql' ? '/graphql' : `/agent-stream/${id}${query}`;
  socket.write(door === 'sse' ? sseRequest(path) : upgradeRequest(path, door === 'graphql'));
  let hasAnswered = false;
  socket.on('data', (data) => {
    if (!hasAnswered) {
      hasAnswered = true;
      if (door === 'graphql') subscribe(socket, { id, after });
      onAnswer();
    }
    count(data);
  });
  socket.on('error', () => undefined);
  return socket;
}

function count(data: Buffer): void {
  const now = clock();
  for (let at = data.indexOf(MARK); at >= 0; at = data.indexOf(MARK, at + 1)) {
    deliveries += 1;
    if (deliveries % SAMPLE_EVERY !== 0 || at + 1 + STAMP_LENGTH > data.length) continue;
    latencies.push(now - Number(data.toString('latin1', at + 1, at + 1 + STAMP_LENGTH)));
  }
}

function upgradeRequest(path: string, isGraphql: boolean): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    ...(isGraphql ? ['Sec-WebSocket-Protocol: graphql-transport-ws'] : []),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function sseRequest(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n`;
}

/** The fields that a page shows. */
function subscribe(socket: Socket, { id, after }: Watched): void {
  const query = `subscription ($id: String!, $after: Int) { agentExecutionStream(executionId: $id, after: $after) {
    executionId sequence eventType content status error timestamp } }`;
  socket.write(frame({ type: 'connection_init' }));
  setTimeout(() => {
    const payload = { query, variables: { id, after } };
    socket.write(frame({ id: crypto.randomUUID(), type: 'subscribe', payload }));
  }, 200);
}

/** A masked frame; the mask is zero. */
function frame(message: object): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  const length = body.length < 126 ? [0x80 | body.length] : [0x80 | 126, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([0x81, ...length, 0, 0, 0, 0]), body]);
}

function begin(): void {
  deliveries = 0;
  latencies = [];
}

function seen(): Seen {
  return { deliveries, latencies };
}

serveOrders({ watch, begin, seen, usage });
