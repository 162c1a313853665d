import type { IncomingMessage } from 'node:http';

import type { FastifyBaseLogger } from 'fastify';
import type { GraphQLError, GraphQLSchema } from 'graphql';
import { CloseCode, makeServer, MessageType, type WebSocket as ProtocolSocket } from 'graphql-ws';
import type { WebSocket } from 'ws';

import type { Caller } from '../../../core/access/caller.js';
import { CircuitBreakerError } from '../../../core/errors.js';
import { auditedAdmission, auditedCount } from '../../access/audited-admission.js';
import { callOrigin, type CallOrigin } from '../../access/call-origin.js';
import { shownAtInit, type Credentials } from '../../access/credentials.js';
import type { ApiParts } from '../../api-parts.js';
import { asGraphqlError, graphqlErrors, httpError } from '../../error-response.js';
import { closeRefused } from '../../connections/refuse-on-socket.js';
import { closeFirmly } from '../../connections/close-firmly.js';
import { hasRoom, isFull } from '../../connections/slow-viewer.js';
import { keepAlive, type WiredSocket } from '../../connections/socket-life.js';
import { textFrame } from '../../connections/websocket-frame.js';
import { readTraceparent, type TraceContext } from '../../../telemetry/trace-context.js';
import { resolverContext } from '../context.js';
import { inexactNumberIn } from '../documents/refuse-inexact-numbers.js';
import type { ResultFormat } from './event-payloads.js';
import { OperationReader } from '../documents/operation-reader.js';
import { SocketOperations } from './socket-operations.js';
import { executeOnSocket, subscribeOnSocket, type SocketContext } from './subscribe-on-socket.js';

interface SocketParts {
  readonly schema: GraphQLSchema;
  readonly parts: ApiParts;
  readonly logger: FastifyBaseLogger;
}

/** The request to become a WebSocket. */
interface Opening {
  readonly shown: Credentials;
  readonly request: IncomingMessage;
}

interface Peer extends WiredSocket {
  readonly operations: SocketOperations;
  /** What its request to become a WebSocket showed. */
  readonly shown: Credentials;
  readonly origin: CallOrigin;
  /** The span that was named by its request to become a WebSocket, for operations that name none. */
  readonly calledBy: TraceContext | undefined;
  /** Once it has been let in. */
  caller?: Caller;
  /** Settles when the operations so far have been counted. */
  counted: Promise<void>;
  /** The message that graphql-ws was given last, as it came. */
  received: string;
}

/** What an operation says of itself. */
interface Named {
  readonly id: string;
  readonly traceparent: unknown;
}

const CONNECTION_INIT_TIMEOUT_MS = 10_000;

/**
 * GraphQL over WebSocket (`graphql-transport-ws`): graphql-ws keeps the protocol, and not Mercurius, whose own server
 * neither validates documents nor bounds what a socket may hold. Returns what serves a socket that has just been opened.
 */
export function graphqlSockets({
  schema,
  parts,
  logger,
}: SocketParts): (opened: WiredSocket, opening: Opening) => void {
  const reader = new OperationReader(schema);
  const formatErrors = (errors: readonly GraphQLError[], requestId: string = crypto.randomUUID()) =>
    graphqlErrors(errors, { id: requestId, log: logger });
  const formatted = ({ data, errors }: Parameters<ResultFormat>[0], requestId?: string) => ({
    ...(data === undefined ? {} : { data }),
    ...(errors === undefined ? {} : { errors: formatErrors(errors, requestId) }),
  });
  const format: ResultFormat = (result) => formatted(result);
  const begin = (peer: Peer, caller: Caller, { id, traceparent }: Named): SocketContext => ({
    // Each operation is a request of its own: what is logged and told of it has the id that its errors have.
    ...resolverContext(parts, caller, { ...peer.origin, requestId: crypto.randomUUID() }),
    operation: peer.operations.begin(id),
    calledBy: readTraceparent(traceparent) ?? peer.calledBy,
    deliver: deliverTo(peer, id, () => {
      parts.metrics.viewerDropped('graphql');
    }),
  });
  const server = makeServer<Record<string, never>, Peer>({
    connectionInitWaitTimeout: CONNECTION_INIT_TIMEOUT_MS,
    onConnect: ({ extra, connectionParams }) => letIn(extra, connectionParams, { parts, logger }),
    // What is refused ends its operation, not the socket.
    onSubscribe: async ({ extra }, id, { query, operationName, variables, extensions }) => {
      const { received } = extra;
      try {
        await counted(extra, parts);
        // Here, and not as it arrives: whoever has not been let in gets no message read.
        const inexact = inexactNumberIn(received);
        if (inexact !== undefined) return [asGraphqlError(inexact)];
        const read = reader.read({ query, operationName, variables });
        if (!('operation' in read)) return read;
        const contextValue = begin(extra, callerOf(extra), { id, traceparent: extensions?.['traceparent'] });
        return { schema, document: read.document, operationName, variableValues: variables, contextValue };
      } catch (error) {
        return [asGraphqlError(error)];
      }
    },
    execute: executeOnSocket,
    subscribe: (args) => subscribeOnSocket(args, format),
    onError: (...[, , , errors]) => formatErrors(errors.map(asGraphqlError)),
    onNext: (...[, , , { contextValue }, result]) =>
      result.errors === undefined ? undefined : formatted(result, (contextValue as SocketContext).origin.requestId),
  });
  return ({ socket, wire }, { shown, request }) => {
    keepAlive(socket);
    const origin = callOrigin(parts, request, crypto.randomUUID());
    const operations = new SocketOperations();
    const calledBy = readTraceparent(request.headers['traceparent']);
    const peer: Peer = { socket, wire, shown, origin, calledBy, operations, counted: Promise.resolve(), received: '' };
    const closed = server.opened(protocolSide(peer, logger), peer);
    socket.on('close', (code, reason) => {
      peer.operations.leave();
      void closed(code, reason.toString('utf8'));
    });
  };
}

/** Whether a socket is let in; where not, it is closed with the reason. */
async function letIn(
  peer: Peer,
  connectionParams: Readonly<Record<string, unknown>> | undefined,
  { parts, logger }: Omit<SocketParts, 'schema'>,
): Promise<boolean> {
  try {
    // What came with the request counts: a browser can only show something now.
    const shown = peer.shown.authorization === undefined ? shownAtInit(connectionParams) : peer.shown;
    const caller = await auditedAdmission(parts, shown, peer.origin);
    peer.caller = caller;
    const onLeave = parts.stays.enter(caller, () => {
      closeFirmly(peer.socket, CloseCode.Unauthorized, 'UNAUTHENTICATED');
    });
    if (peer.socket.readyState === peer.socket.OPEN) peer.socket.on('close', onLeave);
    else onLeave();
    return true;
  } catch (error) {
    closeRefused(peer.socket, httpError(error, { id: peer.origin.requestId, log: logger }));
    return false;
  }
}

/** Resolves when an operation may begin, after those that were asked for before it. Rejects with RATE_LIMITED where it may not. */
function counted(peer: Peer, parts: ApiParts): Promise<void> {
  const count = () => auditedCount(parts, callerOf(peer), peer.origin);
  const mayBegin = peer.counted.then(count);
  peer.counted = mayBegin.catch(() => undefined);
  return mayBegin;
}

/** graphql-ws takes no operation before the socket has been let in. */
function callerOf({ caller }: Peer): Caller {
  if (caller === undefined) throw new CircuitBreakerError('UNAUTHENTICATED', 'The socket has not been let in yet.');
  return caller;
}

/** The socket as graphql-ws has it. */
function protocolSide(peer: Peer, logger: FastifyBaseLogger): ProtocolSocket {
  const { socket } = peer;
  return {
    protocol: socket.protocol,
    send: (message) => {
      socket.send(message);
      // Whoever asks and does not read the answers is not read either.
      if (isFull(socket)) void readWhenDrained(socket);
    },
    close: (code, reason) => {
      closeFirmly(socket, code ?? 1000, reason ?? '');
    },
    onMessage: (take) => {
      socket.on('message', (data: Buffer) => {
        const message = data.toString('utf8');
        // It asks `onSubscribe` before it waits for anything.
        peer.received = message;
        take(message).catch((error: unknown) => {
          if (isNeverAnswered(message)) {
            closeFirmly(socket, CloseCode.BadRequest, 'Invalid message received');
            return;
          }
          logger.error({ err: error }, 'a message on a GraphQL socket could not be answered');
          closeFirmly(socket, CloseCode.InternalServerError, 'Internal server error');
        });
      });
    },
  };
}

/** At these graphql-ws fails for what the peer sent: what only servers send, and a ping too deep to be sent back. */
const NEVER_ANSWERED: ReadonlySet<unknown> = new Set([
  MessageType.ConnectionAck,
  MessageType.Next,
  MessageType.Error,
  MessageType.Ping,
]);

function isNeverAnswered(message: string): boolean {
  return NEVER_ANSWERED.has((JSON.parse(message) as { readonly type: unknown }).type);
}

async function readWhenDrained(socket: WebSocket): Promise<void> {
  if (socket.isPaused) return;
  socket.pause();
  await hasRoom(socket);
  socket.resume();
}

function deliverTo({ socket, wire }: WiredSocket, id: string, onTooSlow: () => void): SocketContext['deliver'] {
  const head = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
  return (payload) => {
    if (socket.readyState !== socket.OPEN) return false;
    wire.write(textFrame(`${head}${payload}}`));
    return isFull(socket) ? hasRoom(socket, onTooSlow) : true;
  };
}
