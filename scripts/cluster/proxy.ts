import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Of the connection, not of what is asked: each side has its own. */
const OF_THE_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** Whoever does not answer the call is passed over; nobody for so long: 502. */
const PATIENCE_MS = 5000;
const PAUSE_MS = 100;

/**
 * What Caddy does by our Caddyfile, on this machine: passes requests, event streams and WebSockets on to those who answer, the
 * least busy first, and says in X-Forwarded-For where they come from, whatever they say themselves.
 */
export function createProxy(upstreams: readonly string[]): Server {
  const open = new Map(upstreams.map((upstream) => [upstream, 0]));
  const server = createServer((asked, answer) => {
    void passOn(asked, answer);
  });
  server.on('upgrade', (asked, socket, head) => {
    void passSocket(asked, socket, head);
  });
  return server;

  /** A connection to one that takes it. It counts as busy until it is closed. */
  async function reach(): Promise<Socket | undefined> {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      for (const upstream of [...open.keys()].sort((left, right) => (open.get(left) ?? 0) - (open.get(right) ?? 0))) {
        const socket = await connected(upstream);
        if (socket === undefined) continue;
        open.set(upstream, (open.get(upstream) ?? 0) + 1);
        socket.once('close', () => open.set(upstream, (open.get(upstream) ?? 0) - 1));
        return socket;
      }
      if (Date.now() > until) return undefined;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  async function passOn(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const socket = await reach();
    if (socket === undefined) {
      answer.writeHead(502).end();
      return;
    }
    const { method, url } = asked;
    const headers = passedHeaders(asked);
    const passed = request({ createConnection: () => socket, method, path: url, headers });
    const giveUp = () => {
      if (answer.headersSent) answer.destroy();
      else answer.writeHead(502).end();
    };
    passed.on('error', giveUp).on('response', (response) => {
      answer.writeHead(response.statusCode ?? 502, withoutConnection(response.headers));
      // Not when the first byte comes: an event stream may say nothing for a while.
      answer.flushHeaders();
      response.on('error', giveUp).pipe(answer);
    });
    answer.once('close', () => socket.destroy());
    asked.on('error', () => socket.destroy()).pipe(passed);
  }

  async function passSocket(asked: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => undefined);
    const there = await reach();
    if (there === undefined) {
      socket.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
      return;
    }
    const headers = { ...passedHeaders(asked), connection: 'Upgrade', upgrade: asked.headers.upgrade };
    const lines = Object.entries(headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((one) => `${name}: ${one}`),
    );
    there.write(`${[`${asked.method ?? 'GET'} ${asked.url ?? '/'} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`);
    there.write(head);
    there.pipe(socket);
    socket.pipe(there);
    socket.once('close', () => there.destroy());
    there.once('close', () => socket.destroy());
  }
}

async function connected(upstream: string): Promise<Socket | undefined> {
  const [host = '', port = ''] = upstream.split(':');
  const socket = connect(Number(port), host);
  return await new Promise((resolve) => {
    socket
      .once('connect', () => {
        socket.setNoDelay(true).on('error', () => undefined);
        resolve(socket);
      })
      .once('error', () => {
        resolve(undefined);
      });
  });
}

function passedHeaders({ headers, socket }: IncomingMessage): NodeJS.Dict<string | string[]> {
  return { ...withoutConnection(headers), 'x-forwarded-for': socket.remoteAddress, 'x-forwarded-proto': 'http' };
}

function withoutConnection(headers: NodeJS.Dict<string | string[]>): NodeJS.Dict<string | string[]> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_THE_CONNECTION.has(name)));
}
