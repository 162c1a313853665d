import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import type { FastifyInstance } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { WebSocketServer } from 'ws';

import { CircuitBreakerError } from '../core/errors.js';
import { upgradeToStream, type Upgrade } from './agent-stream/agent-stream.js';
import { shownBy } from './access/credentials.js';
import type { ApiParts } from './api-parts.js';
import { httpError } from './error-response.js';
import { graphqlSockets } from './graphql/subscriptions/graphql-sockets.js';
import { IgnoredOffers } from './connections/ignored-offer.js';
import { refuseOnSocket } from './connections/refuse-on-socket.js';
import { requestUrl } from './connections/request-url.js';
import { agentStreamPath } from './connections/stream-path.js';
import { closeFirmly } from './connections/close-firmly.js';

/** The largest frame that a client may send. */
const MAX_FRAME_BYTES = 256 * 1024;
/** The close code that has clients come again, and a reason. */
const GOING_AWAY = [1012, 'shutting down'] as const;
const GRAPHQL_PROTOCOL = 'graphql-transport-ws';

/** All WebSockets of the server: one listener for upgrades, which goes by the path. */
export function registerSockets(app: FastifyInstance, schema: GraphQLSchema, parts: ApiParts): void {
  const options = { noServer: true, maxPayload: MAX_FRAME_BYTES, perMessageDeflate: false, autoPong: false };
  const graphql = new WebSocketServer({
    ...options,
    handleProtocols: (offered) => (offered.has(GRAPHQL_PROTOCOL) ? GRAPHQL_PROTOCOL : false),
  });
  const streams = new WebSocketServer(options);
  const serveGraphql = graphqlSockets({ schema, parts, logger: app.log });
  const refuseFor = (socket: Duplex, error: unknown) => {
    refuseOnSocket(socket, httpError(error, { id: crypto.randomUUID(), log: app.log }));
  };
  const offers = new IgnoredOffers(app.server);
  let isClosing = false;
  const serve = (upgrade: Upgrade) => {
    const { request, socket, head, url } = upgrade;
    const executionId = agentStreamPath(url);
    if (url.pathname === '/graphql') {
      const refusal = parts.origins.refusal(request.headers);
      graphql.handleUpgrade(request, socket, head, (webSocket) => {
        // A browser sees no status: it is told by a close code.
        if (refusal !== undefined) closeFirmly(webSocket, 4403, refusal.code);
        else if (isClosing) closeFirmly(webSocket, ...GOING_AWAY);
        else serveGraphql({ socket: webSocket, wire: socket }, { shown: shownBy(request.headers), request });
      });
    } else if (executionId !== undefined) {
      void upgradeToStream({ server: streams, parts, log: app.log }, executionId, upgrade);
    } else {
      refuseFor(socket, new CircuitBreakerError('NOT_FOUND', 'There is no WebSocket at this address.'));
    }
  };
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
      offers.ignore(request, socket, head);
      return;
    }
    socket.on('error', () => socket.destroy());
    try {
      socket.on('close', parts.openStreams.enter());
    } catch (error) {
      refuseFor(socket, error);
      return;
    }
    serve({ request, socket, head, url: requestUrl(request) });
  });
  app.addHook('preClose', async () => {
    isClosing = true;
    // First, so that nobody takes the end of what is being sent for the end of the stream.
    for (const socket of [...graphql.clients, ...streams.clients]) closeFirmly(socket, ...GOING_AWAY);
    parts.alertFeed.shutdown();
    await Promise.all([parts.reader.shutdown(), parts.feed.shutdown()]);
  });
}
