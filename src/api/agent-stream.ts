import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WebSocket, WebSocketServer } from 'ws';

import { CircuitBreakerError } from '../core/errors.js';
import type { StreamReader } from '../streams/reader.js';
import type { StreamViewer } from '../streams/viewer.js';
import type { ApiParts } from './api-parts.js';
import { httpError, type ErrorAnswer } from './error-response.js';
import type { EventFormat } from './event-json.js';
import type { OriginPolicy } from './origin-policy.js';
import { serveSse } from './sse.js';
import { eventFormat, viewerOptions, type StreamQuery } from './stream-request.js';
import { closeFirmly } from './socket-life.js';
import { serveWebSocket } from './websocket.js';

const PATH = /^\/agent-stream\/([^/?]+)$/;

interface StreamRoute {
  Params: { executionId: string };
  Querystring: { after?: string; types?: string; format?: string };
}

/** `GET /agent-stream/:executionId` as server-sent events. */
export function registerAgentStream(app: FastifyInstance, { reader, openStreams }: ApiParts): void {
  app.route<StreamRoute>({
    method: 'GET',
    url: '/agent-stream/:executionId',
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      if (!wantsEvents(request)) throw notAcceptable();
      const { after, types, format } = request.query;
      const lastEventId = request.headers['last-event-id'];
      const query = {
        after,
        types,
        format,
        lastEventId: typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId : undefined,
      };
      const shown = eventFormat(query);
      reply.raw.on('close', openStreams.enter());
      const viewer = await reader.open(request.params.executionId, viewerOptions(query));
      for (const [name, value] of Object.entries(reply.getHeaders()))
        if (value !== undefined) reply.raw.setHeader(name, value);
      reply.hijack();
      await serveSse(reply.raw, viewer, shown);
    },
  });
}

/** The execution whose stream an upgrade request is for. */
export function agentStreamPath(url: URL): string | undefined {
  const id = PATH.exec(url.pathname)?.[1];
  try {
    return id === undefined ? undefined : decodeURIComponent(id);
  } catch {
    // No id has a percent sign: what cannot be decoded is nobody's.
    return id;
  }
}

/** A request to become a WebSocket. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly url: URL;
}

interface StreamDoor {
  readonly server: WebSocketServer;
  readonly reader: StreamReader;
  readonly origins: OriginPolicy;
  readonly log: FastifyRequest['log'];
}

/**
 * The same stream over WebSocket. What is refused gets an HTTP status before the upgrade; browsers, which cannot see one,
 * get the upgrade and a close code.
 */
export async function upgradeToStream(
  { server, reader, origins, log }: StreamDoor,
  executionId: string,
  upgrade: Upgrade,
): Promise<void> {
  const { request, socket, head, url } = upgrade;
  let viewer: StreamViewer;
  let format: EventFormat;
  try {
    const refusal = origins.refusal(request.headers);
    if (refusal !== undefined) throw refusal;
    const query = queryOf(url);
    format = eventFormat(query);
    viewer = await reader.open(executionId, viewerOptions(query));
  } catch (error) {
    const answer = httpError(error, { id: crypto.randomUUID(), log });
    if (request.headers.origin === undefined) refuse(socket, answer);
    else
      server.handleUpgrade(request, socket, head, (webSocket) => {
        closeRefused(webSocket, answer);
      });
    return;
  }
  if (socket.destroyed) {
    viewer.leave();
    return;
  }
  // Also when the handshake is refused, and there is no WebSocket whose end would be noticed.
  socket.on('close', () => {
    viewer.leave();
  });
  server.handleUpgrade(request, socket, head, (webSocket) => {
    serveWebSocket(webSocket, viewer, format).catch((error: unknown) => {
      log.warn(
        { err: error, executionId },
        'a stream could not be read for a viewer, who may come back with the cursor',
      );
      closeFirmly(webSocket, 1012, 'come back with ?after=');
      viewer.leave();
    });
  });
}

/** Answers an upgrade request with an HTTP status. */
export function refuse(socket: Duplex, { status, body }: ErrorAnswer): void {
  const json = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status} Refused`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(json)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${json}`);
}

/** 4400, 4401, 4403, 4404 for what they mean in HTTP; 1011 for what is our fault. */
function closeRefused(socket: WebSocket, { status, body }: ErrorAnswer): void {
  closeFirmly(socket, status >= 400 && status < 500 ? 4000 + status : 1011, body.error.code);
}

function queryOf(url: URL): StreamQuery {
  const value = (name: string) => url.searchParams.get(name) ?? undefined;
  return { after: value('after'), types: value('types'), format: value('format') };
}

function wantsEvents({ headers }: FastifyRequest): boolean {
  const { accept = '*/*' } = headers;
  return /text\/event-stream|text\/\*|\*\/\*/.test(accept);
}

function notAcceptable(): CircuitBreakerError {
  const message =
    'A stream is served as text/event-stream, or over WebSocket: send the header Accept: text/event-stream.';
  return new CircuitBreakerError('VALIDATION_FAILED', message);
}
