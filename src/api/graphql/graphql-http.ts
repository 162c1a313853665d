import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  GraphQLError,
  Kind,
  OperationTypeNode,
  type ExecutionResult,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { mercurius } from 'mercurius';

import { callOrigin } from '../access/call-origin.js';
import { callerOf } from '../access/admit-requests.js';
import { bodyTooLarge, isLarge, limitBodies, MAX_BODY_BYTES, MAX_FOLDER_BYTES } from '../access/limit-bodies.js';
import type { ApiParts } from '../api-parts.js';
import { asGraphqlError, errorHeaders, graphqlError, graphqlErrors, httpStatus } from '../error-response.js';
import { withinAnswerSize } from './answers/answer-size.js';
import { resolverContext } from './context.js';
import { refuseInexactBodies } from './documents/refuse-inexact-numbers.js';
import { tracedOperation } from './answers/traced-operation.js';
import { readGraphqlAddress, readGraphqlRequest, type GraphqlRequest } from './graphql-request.js';
import { readTraceparent } from '../../telemetry/trace-context.js';
import { OperationReader } from './documents/operation-reader.js';

const JSON_TYPE = 'application/json';
const GRAPHQL_TYPE = 'application/graphql-response+json';
const SUBSCRIBE_BY = 'A subscription goes over a WebSocket at this path, by the protocol graphql-transport-ws.';

/** Documents that Mercurius remembers, or up to twice as many: each may take most of a megabyte. */
const CACHED = 50;

/**
 * GraphQL over HTTP, as the specification of that name says it. Mercurius executes; the routes are ours, because its own
 * turn types into each other and know one status, and so is the judgement of documents, which sockets share. Mercurius
 * sees those that have passed. Subscriptions: see graphql-sockets.
 */
export async function registerGraphql(app: FastifyInstance, schema: GraphQLSchema, parts: ApiParts): Promise<void> {
  await app.register(mercurius, {
    schema,
    routes: false,
    subscription: false,
    cache: CACHED,
    // Left as they are: `bodyOf` says them.
    errorFormatter: (result) => ({ statusCode: 200, response: result }),
  });
  const reader = new OperationReader(schema);
  const answer = async (exchange: Exchange, asked: GraphqlRequest): Promise<FastifyReply> => {
    if (asked.query.length > MAX_BODY_BYTES) throw bodyTooLarge();
    const read = reader.read(asked);
    if (!('operation' in read)) return await sendRefusal(exchange, read);
    if (isLarge(exchange.request) && !takesFolder(read.operation)) throw bodyTooLarge();
    const kind = read.operation.operation;
    if (kind === OperationTypeNode.SUBSCRIPTION) return await sendRefusal(exchange, [new GraphQLError(SUBSCRIBE_BY)]);
    if (kind === OperationTypeNode.MUTATION && exchange.request.method === 'GET') refuseToChange(exchange);
    const { request } = exchange;
    const context = resolverContext(parts, callerOf(request), callOrigin(parts, request.raw, request.id));
    const caller = readTraceparent(request.headers['traceparent']);
    const result = await tracedOperation(parts.traces, { operation: read.operation, caller, door: 'http' }, () =>
      app.graphql(asked.query, { ...context }, asked.variables, asked.operationName),
    );
    return await send(exchange, 200, bodyOf(withinAnswerSize(result), exchange.request));
  };
  await app.register(async (scope) => {
    limitBodies(scope);
    refuseInexactBodies(scope);
    scope.setErrorHandler(async (error, request, reply) => {
      const formatted = graphqlError(asGraphqlError(error), request);
      void reply.headers(errorHeaders(formatted.extensions));
      return await send({ request, reply }, httpStatus(error, formatted.extensions.code), { errors: [formatted] });
    });
    scope.post('/graphql', { bodyLimit: MAX_FOLDER_BYTES }, (request, reply) =>
      answer({ request, reply }, readGraphqlRequest(request.body)),
    );
    scope.route({
      method: 'GET',
      url: '/graphql',
      exposeHeadRoute: false,
      handler: (request, reply) => answer({ request, reply }, readGraphqlAddress(asRecord(request.query))),
    });
    await Promise.resolve();
  });
}

/** Whether an operation does nothing but what may be as large as a folder of definitions. */
function takesFolder({ selectionSet }: OperationDefinitionNode): boolean {
  return selectionSet.selections.every(
    (selection) => selection.kind === Kind.FIELD && selection.name.value === 'applyDefinitions',
  );
}

/** A page that is merely opened must change nothing. */
function refuseToChange({ reply }: Exchange): never {
  void reply.header('allow', 'POST');
  throw Object.assign(new Error('A mutation has to be sent by POST.'), { statusCode: 405 });
}

function bodyOf({ data, errors }: ExecutionResult, request: FastifyRequest): object {
  if (errors === undefined) return { data };
  return { data: data ?? null, errors: graphqlErrors(errors, request) };
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/**
 * A client that knows GraphQL's own media type gets 400 for a document that cannot be executed, an older one 200, as
 * the specification has it; what is no GraphQL request at all is 4xx for both.
 */
async function sendRefusal(exchange: Exchange, errors: readonly GraphQLError[]): Promise<FastifyReply> {
  const status = mediaType(exchange.request) === GRAPHQL_TYPE ? 400 : 200;
  return await send(exchange, status, { errors: graphqlErrors(errors, exchange.request) });
}

async function send({ request, reply }: Exchange, status: number, body: object): Promise<FastifyReply> {
  return await reply
    .code(status)
    .type(`${mediaType(request)}; charset=utf-8`)
    .send(JSON.stringify(body));
}

function mediaType({ headers }: FastifyRequest): string {
  return headers.accept?.includes(GRAPHQL_TYPE) === true ? GRAPHQL_TYPE : JSON_TYPE;
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
