import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A provider that misbehaves as it is told, and that counts what its clients leave open. */
export interface FaultServer {
  /** What all its addresses begin with, without a slash at the end. */
  readonly root: string;
  /** With `/v1`: what an OpenAI-compatible provider takes as `baseUrl`. */
  readonly baseUrl: string;
  /** The next requests are handled like this. */
  behave(handler: (request: IncomingMessage, response: ServerResponse, body: unknown) => void): void;
  /** Connections that were opened since the start. */
  readonly opened: number;
  /** Resolves once no connection is open: a client that leaks one makes the test time out. */
  allClosed(): Promise<void>;
  /** Bodies of the requests so far, parsed. */
  readonly bodies: readonly unknown[];
  readonly headers: readonly IncomingMessage['headers'][];
  /** Paths with their queries. */
  readonly urls: readonly string[];
  stop(): Promise<void>;
}

export async function startFaultServer(): Promise<FaultServer> {
  const sockets = new Set<Socket>();
  const bodies: unknown[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const urls: string[] = [];
  let opened = 0;
  let handler = (_request: IncomingMessage, response: ServerResponse, _body: unknown): void => void response.end();
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const text = Buffer.concat(parts).toString();
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      bodies.push(body);
      headers.push(request.headers);
      urls.push(request.url ?? '');
      handler(request, response, body);
    });
  });
  server.on('connection', (socket) => {
    opened += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    root,
    baseUrl: `${root}/v1`,
    behave: (next) => {
      handler = next;
    },
    get opened() {
      return opened;
    },
    bodies,
    headers,
    urls,
    allClosed: () => Promise.all([...sockets].map(closed)).then(() => undefined),
    stop: () => stop(server),
  };
}

async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** The head of an answer that streams. */
export function beginStream(response: ServerResponse, contentType = 'text/event-stream'): void {
  response.writeHead(200, { 'content-type': contentType, 'x-request-id': 'req-7' });
}
