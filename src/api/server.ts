import { fastifyCors } from '@fastify/cors';
import {
  fastify,
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';

import { registerAgentStream } from './agent-stream/agent-stream.js';
import { admitRequests } from './access/admit-requests.js';
import { MAX_BODY_BYTES } from './access/limit-bodies.js';
import { unpackBodies } from './access/unpack-body.js';
import type { ApiParts } from './api-parts.js';
import { registerBackup } from './backup.js';
import { errorHeaders, httpError } from './error-response.js';
import { isCodecPath } from './connections/codec-paths.js';
import { BrokenRequests } from './connections/broken-requests.js';
import { AGENT_STREAM_ROUTE } from './connections/stream-path.js';
import { requestUrl } from './connections/request-url.js';
import { registerSecurityHeaders } from './connections/security-headers.js';
import { RequestsInTurn } from './connections/requests-in-turn.js';
import { registerFrontPage } from './front-page/front-page.js';
import { executableSchema } from './graphql/executable-schema.js';
import { registerGraphql } from './graphql/graphql-http.js';
import { registerHealth } from './health.js';
import { registerGraphiqlPage } from './ide/graphiql-page.js';
import { registerPayloadCodec } from './payload-codec/payload-codec.js';
import { registerSockets } from './sockets.js';

/** A request that takes longer to arrive, from its first byte to its last, is cut off. */
const REQUEST_WITHIN_MS = 30_000;

/** Node would answer a request without a host by itself, and with nothing. */
const HTTP = { connectionsCheckingInterval: 1000, requireHostHeader: false };

/** Whoever asks without a page's headers what may be asked is answered in the shape of all answers, too. */
const CORS = { methods: ['GET', 'POST'], strictPreflight: false };

/** The API over its parts, not listening yet. Closing it ends every stream with a word to come back. */
export async function createServer(parts: ApiParts, logger: FastifyBaseLogger): Promise<FastifyInstance> {
  const broken = new BrokenRequests(logger);
  const { tls } = parts;
  // Fastify has a type of its own for each kind of server; ours use what they have in common.
  const app: FastifyInstance = fastify({
    loggerInstance: logger,
    bodyLimit: MAX_BODY_BYTES,
    logController: new LogController({ disableRequestLogging: true }),
    // An open event stream would keep `close` waiting for ever.
    forceCloseConnections: true,
    // Whoever comes meanwhile is served like those who are there: an EventSource takes a 503 for the last word.
    return503OnClosing: false,
    requestTimeout: REQUEST_WITHIN_MS,
    ...(tls === undefined ? { http: HTTP } : { https: { ...HTTP, ...tls } as unknown as null }),
    clientErrorHandler: (error, socket) => {
      broken.handle(error, socket);
    },
    frameworkErrors: (error, request, reply: FastifyReply) => {
      const { status, body } = httpError(error, request);
      void reply.code(status).headers(errorHeaders(body.error)).send(body);
    },
    genReqId: () => crypto.randomUUID(),
  });
  broken.follow(app.server);
  await registerSecurityHeaders(app, { usesTls: tls !== undefined });
  app.setErrorHandler(async (error, request, reply) => {
    const { status, body } = httpError(error, request);
    return await reply.code(status).headers(errorHeaders(body.error)).send(body);
  });
  app.setNotFoundHandler(async (_request, reply) =>
    reply.code(404).send({ error: { code: 'NOT_FOUND', message: 'There is nothing at this address.' } }),
  );
  const requests = new RequestsInTurn();
  app.addHook('onRequest', async (request, reply) => {
    // An event stream waits for no other answer, which may be a stream that never ends: it ends such a connection.
    if (request.routeOptions.url === AGENT_STREAM_ROUTE) return;
    if (!(await requests.isNext(request.raw, reply.raw))) reply.hijack();
  });
  app.addHook('onRequest', async (request) => {
    const refusal = parts.origins.refusal(request.headers, askedPath(request));
    if (refusal !== undefined) throw refusal;
    await Promise.resolve();
  });
  admitRequests(app, parts);
  unpackBodies(app);
  await app.register(fastifyCors, {
    delegator: (request, decide) => {
      const path = askedPath(request);
      // Temporal's UI can be told to send what its user has at a proxy in front of us.
      decide(null, { ...CORS, origin: [...parts.origins.originsAt(path)], credentials: isCodecPath(path) });
    },
  });
  const schema = executableSchema();
  await registerGraphql(app, schema, parts);
  registerAgentStream(app, parts);
  registerHealth(app, parts);
  registerPayloadCodec(app, parts);
  registerBackup(app, parts);
  registerFrontPage(app, parts);
  registerSockets(app, schema, parts);
  await registerGraphiqlPage(app, parts.ideFolder);
  return app;
}

/** What a request is for: the route that will answer it, or for which a browser asks whether it may ask. */
function askedPath(request: FastifyRequest): string | undefined {
  return request.method === 'OPTIONS' ? requestUrl(request.raw).pathname : request.routeOptions.url;
}
