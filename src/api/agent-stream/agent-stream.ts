import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { WebSocketServer } from 'ws';

import type { Caller } from '../../core/access/caller.js';
import { CircuitBreakerError, notFound } from '../../core/errors.js';
import { readTraceparent, type TraceContext } from '../../telemetry/trace-context.js';
import type { StreamViewer } from '../../streams/reading/viewer.js';
import type { ApiParts } from '../api-parts.js';
import { httpError } from '../error-response.js';
import { MAX_INPUT_BYTES } from './ag-ui-input.js';
import type { ViewerFormat } from './event-json.js';
import { closeRefused, refuseOnSocket } from '../connections/refuse-on-socket.js';
import { callerOf } from '../access/admit-requests.js';
import { callOrigin } from '../access/call-origin.js';
import { admitToDoor } from '../access/admit-to-door.js';
import { STREAM_DOOR } from '../access/doors.js';
import { partsFor } from '../access/parts-for.js';
import { requestUrl } from '../connections/request-url.js';
import { agentStreamPath, AGENT_STREAM_ROUTE } from '../connections/stream-path.js';
import { lastEventIdOf } from './last-event-id.js';
import { askToComeAgain, serveSse, whenOver } from './sse.js';
import { eventFormat, viewerOptions, type StreamQuery } from './stream-request.js';
import { closeFirmly } from '../connections/close-firmly.js';
import { serveWebSocket } from './websocket.js';

/** `GET /agent-stream/:executionId` as server-sent events; `POST` is how AG-UI's clients ask for them. A plain Temporal client's id may have slashes. */
export function registerAgentStream(app: FastifyInstance, parts: ApiParts): void {
  app.route({
    method: ['GET', 'POST'],
    url: AGENT_STREAM_ROUTE,
    exposeHeadRoute: false,
    bodyLimit: MAX_INPUT_BYTES,
    handler: async (request, reply) => {
      if (!wantsEvents(request)) throw notAcceptable();
      const url = requestUrl(request.raw);
      const executionId = agentStreamPath(url);
      if (executionId === undefined) throw notFound('execution', url.pathname);
      const body = request.method === 'POST' ? (request.body ?? null) : undefined;
      const query = { ...queryOf(url), lastEventId: lastEventIdOf(request.headers), body };
      const [makeFormat, options] = [eventFormat(query), viewerOptions(query)];
      const response = reply.raw;
      // Behind another answer of its connection, which may be a stream that never ends, nobody would notice its leaving.
      if (response.socket === null) {
        request.raw.socket.destroy();
        reply.hijack();
        return;
      }
      whenOver(response, parts.openStreams.enter());
      const caller = callerOf(request);
      const seen = partsFor(parts, caller);
      const open = () => seen.reader.open(executionId, { ...options, door: 'sse' });
      const viewer = await parts.traces.behind(calledBy(request), open);
      const onLeave = parts.stays.enter(caller, () => {
        viewer.leave();
      });
      whenOver(response, onLeave);
      takeOver(reply);
      await serveSse(response, viewer, {
        format: makeFormat(executionId, seen),
        onTooSlow: () => {
          parts.metrics.viewerDropped('sse');
        },
      });
    },
    // Also of what is refused before the handler is reached, to an EventSource that would take any other status for the last word.
    errorHandler: (error, request, reply) => {
      if (!mayPass(error) || !wantsEvents(request) || request.method === 'POST') {
        void reply.send(error);
        return;
      }
      takeOver(reply);
      askToComeAgain(reply.raw, error);
    },
  });
}

/** From now on the answer is ours, with the headers that others have set. */
function takeOver(reply: FastifyReply): void {
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) reply.raw.setHeader(name, value);
  reply.hijack();
}

function mayPass(error: unknown): error is CircuitBreakerError {
  return error instanceof CircuitBreakerError && (error.code === 'UNAVAILABLE' || error.code === 'RATE_LIMITED');
}

/** As 401, for a socket whose caller is not let in any more. */
const NOT_ADMITTED_ANY_MORE = 4401;

/** A request to become a WebSocket. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly url: URL;
}

interface StreamDoor {
  readonly server: WebSocketServer;
  readonly parts: ApiParts;
  readonly log: FastifyRequest['log'];
}

/**
 * The same stream over WebSocket. What is refused gets an HTTP status before the upgrade; browsers, which cannot see one,
 * get the upgrade and a close code.
 */
export async function upgradeToStream(
  { server, parts, log }: StreamDoor,
  executionId: string,
  upgrade: Upgrade,
): Promise<void> {
  const { request, socket, head, url } = upgrade;
  const id = crypto.randomUUID();
  let viewer: StreamViewer;
  let format: ViewerFormat;
  let caller: Caller;
  try {
    const refusal = parts.origins.refusal(request.headers);
    if (refusal !== undefined) throw refusal;
    const { method, headers } = request;
    const from = callOrigin(parts, request, id);
    caller = await admitToDoor(parts, STREAM_DOOR, { method, headers, url, takesTicket: true, from });
    const query = queryOf(url);
    const seen = partsFor(parts, caller);
    format = eventFormat(query)(executionId, seen);
    const open = () => seen.reader.open(executionId, { ...viewerOptions(query), door: 'websocket' });
    viewer = await parts.traces.behind(calledBy(request), open);
  } catch (error) {
    const answer = httpError(error, { id, log });
    if (request.headers.origin === undefined) refuseOnSocket(socket, answer);
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
    const onLeave = parts.stays.enter(caller, () => {
      closeFirmly(webSocket, NOT_ADMITTED_ANY_MORE, 'UNAUTHENTICATED');
    });
    webSocket.on('close', onLeave);
    const onTooSlow = () => {
      parts.metrics.viewerDropped('websocket');
    };
    serveWebSocket({ socket: webSocket, wire: socket }, viewer, { format, onTooSlow }).catch((error: unknown) => {
      log.warn(
        { err: error, executionId },
        'a stream could not be read for a viewer, who may come back with the cursor',
      );
      closeFirmly(webSocket, 1012, 'come back with ?after=');
      viewer.leave();
    });
  });
}

/** When a parameter is given twice, the first one counts, at every door. */
function queryOf({ searchParams }: URL): StreamQuery {
  const value = (name: string) => searchParams.get(name) ?? undefined;
  return { after: value('after'), types: value('types'), format: value('format') };
}

function calledBy({ headers }: Pick<IncomingMessage, 'headers'>): TraceContext | undefined {
  return readTraceparent(headers['traceparent']);
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
