import type { FastifyBaseLogger } from 'fastify';
import type { GraphQLError, GraphQLSchema } from 'graphql';
import { CloseCode, makeServer, type WebSocket as ProtocolSocket } from 'graphql-ws';
import type { WebSocket } from 'ws';

import { isJsonObject, type JsonObject } from '../../../core/json/json.js';
import type { ApiParts } from '../../api-parts.js';
import { asGraphqlError, graphqlErrors } from '../../error-response.js';
import { closeFirmly } from '../../connections/close-firmly.js';
import { hasRoom, isFull } from '../../connections/slow-viewer.js';
import { keepAlive, type WiredSocket } from '../../connections/socket-life.js';
import { textFrame } from '../../connections/websocket-frame.js';
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

interface Peer extends WiredSocket {
  readonly operations: SocketOperations;
}

const CONNECTION_INIT_TIMEOUT_MS = 10_000;

/**
 * GraphQL over WebSocket (`graphql-transport-ws`): graphql-ws keeps the protocol, and not Mercurius, whose own server
 * neither validates documents nor bounds what a socket may hold. Returns what serves a socket that has just been opened.
 */
export function graphqlSockets({ schema, parts, logger }: SocketParts): (opened: WiredSocket) => void {
  const reader = new OperationReader(schema);
  const formatErrors = (errors: readonly GraphQLError[]) =>
    graphqlErrors(errors, { id: crypto.randomUUID(), log: logger });
  const format: ResultFormat = ({ data, errors }) => ({
    ...(data === undefined ? {} : { data }),
    ...(errors === undefined ? {} : { errors: formatErrors(errors) }),
  });
  const begin = (peer: Peer, id: string): SocketContext => ({
    ...resolverContext(parts),
    operation: peer.operations.begin(id),
    deliver: deliverTo(peer, id),
  });
  const server = makeServer<Record<string, never>, Peer>({
    connectionInitWaitTimeout: CONNECTION_INIT_TIMEOUT_MS,
    // What is refused ends its operation, not the socket.
    onSubscribe: ({ extra }, id, { query, operationName, variables }) => {
      const read = reader.read({ query, operationName, variables });
      if (!('operation' in read)) return read;
      try {
        const contextValue = begin(extra, id);
        return { schema, document: read.document, operationName, variableValues: variables, contextValue };
      } catch (error) {
        return [asGraphqlError(error)];
      }
    },
    execute: executeOnSocket,
    subscribe: (args) => subscribeOnSocket(args, format),
    onError: (...[, , , errors]) => formatErrors(errors.map(asGraphqlError)),
    onNext: (...[, , , , result]) => (result.errors === undefined ? undefined : format(result)),
  });
  return ({ socket, wire }) => {
    keepAlive(socket);
    const operations = new SocketOperations();
    const closed = server.opened(protocolSide(socket, { logger, formatErrors }), { socket, wire, operations });
    socket.on('close', (code, reason) => {
      operations.leave();
      void closed(code, reason.toString('utf8'));
    });
  };
}

interface AnswersBeside {
  readonly logger: FastifyBaseLogger;
  readonly formatErrors: (errors: readonly GraphQLError[]) => readonly object[];
}

/** What ends an operation before graphql-ws has it; undefined where a message asks for none. */
function errorMessage(message: string, errors: () => readonly object[]): string | undefined {
  const { id, type } = openingOf(message);
  if (type !== 'subscribe' || typeof id !== 'string') return undefined;
  return JSON.stringify({ id, type: 'error', payload: errors() });
}

function openingOf(message: string): JsonObject {
  try {
    const read = JSON.parse(message) as unknown;
    return isJsonObject(read) ? read : {};
  } catch {
    return {};
  }
}

/** The socket as graphql-ws has it. */
function protocolSide(socket: WebSocket, { logger, formatErrors }: AnswersBeside): ProtocolSocket {
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
        const refusal = inexactNumberIn(message);
        const refused = refusal && errorMessage(message, () => formatErrors([asGraphqlError(refusal)]));
        if (refused !== undefined) {
          socket.send(refused);
          return;
        }
        take(message).catch((error: unknown) => {
          logger.error({ err: error }, 'a message on a GraphQL socket could not be answered');
          closeFirmly(socket, CloseCode.InternalServerError, 'Internal server error');
        });
      });
    },
  };
}

async function readWhenDrained(socket: WebSocket): Promise<void> {
  if (socket.isPaused) return;
  socket.pause();
  await hasRoom(socket);
  socket.resume();
}

function deliverTo({ socket, wire }: WiredSocket, id: string): SocketContext['deliver'] {
  const head = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
  return (payload) => {
    if (socket.readyState !== socket.OPEN) return false;
    wire.write(textFrame(`${head}${payload}}`));
    return isFull(socket) ? hasRoom(socket) : true;
  };
}
