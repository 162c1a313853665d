import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  getOperationAST,
  GraphQLError,
  OperationTypeNode,
  parse,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import { mercurius } from 'mercurius';

import { CircuitBreakerError } from '../../core/errors.js';
import type { ApiParts } from '../api-parts.js';
import { asGraphqlError, graphqlError, httpStatus } from '../error-response.js';
import type { ResolverContext } from './context.js';
import { boundedDepth, MAX_TOKENS } from './document-limits.js';
import { EntityLoader } from './entity-loader.js';
import { refuseCostly } from './query-cost.js';
import { readGraphqlAddress, readGraphqlRequest, type GraphqlRequest } from './graphql-request.js';

const JSON_TYPE = 'application/json';
const GRAPHQL_TYPE = 'application/graphql-response+json';

/**
 * GraphQL over HTTP, as the specification of that name says it. Mercurius parses, caches and executes; the routes are
 * ours, because its own turn types into each other and know one status. Subscriptions: see graphql-sockets.
 */
export async function registerGraphql(app: FastifyInstance, schema: GraphQLSchema, parts: ApiParts): Promise<void> {
  await app.register(mercurius, {
    schema,
    routes: false,
    subscription: false,
    validationRules: [boundedDepth],
    graphql: { parseOptions: { maxLexicalTokens: MAX_TOKENS } },
    // Left as they are: `answer` says them.
    errorFormatter: (result) => ({ statusCode: 200, response: result }),
  });
  app.graphql.addHook('preExecution', async (...[executed, document, , variables]) => {
    refuseCostly(executed, document, variables);
    await Promise.resolve();
  });
  const run = async ({ query, variables, operationName }: GraphqlRequest): Promise<ExecutionResult> => {
    const context: ResolverContext = { ...parts, load: new EntityLoader(parts.storage) };
    return await app.graphql(query, { ...context }, variables, operationName);
  };
  await app.register(async (scope) => {
    scope.setErrorHandler(async (error, request, reply) => {
      const { status, body } = refusal(error, request);
      return await send({ request, reply }, status, body);
    });
    scope.post('/graphql', async (request, reply) =>
      send({ request, reply }, 200, bodyOf(await run(readGraphqlRequest(request.body)), request)),
    );
    scope.route({
      method: 'GET',
      url: '/graphql',
      exposeHeadRoute: false,
      handler: async (request, reply) => {
        if (isMutation(request.query)) {
          void reply.header('allow', 'POST');
          throw Object.assign(new Error('A mutation has to be sent by POST.'), { statusCode: 405 });
        }
        return await send(
          { request, reply },
          200,
          bodyOf(await run(readGraphqlAddress(asRecord(request.query))), request),
        );
      },
    });
    await Promise.resolve();
  });
}

function bodyOf({ data, errors }: ExecutionResult, request: FastifyRequest): object {
  if (errors === undefined) return { data };
  return { data: data ?? null, errors: errors.map((error) => graphqlError(error, request)) };
}

/**
 * A client that knows GraphQL's own media type gets 400 for a document that cannot be executed, an older one 200, as
 * the specification has it; what is no GraphQL request at all is 4xx for both.
 */
function refusal(error: unknown, request: FastifyRequest): { readonly status: number; readonly body: object } {
  const packed = packedErrors(error);
  if (packed === undefined) {
    const formatted = graphqlError(asGraphqlError(error), request);
    return { status: httpStatus(error, formatted.extensions.code), body: { errors: [formatted] } };
  }
  const body = { errors: packed.map((one) => graphqlError(asGraphqlError(one), request)) };
  return { status: mediaType(request) === GRAPHQL_TYPE ? 400 : 200, body };
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
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

/** Everything that is wrong with a document, or with its variables; Mercurius packs that into one error. */
function packedErrors(error: unknown): readonly unknown[] | undefined {
  if (error instanceof GraphQLError) return [error];
  if (error instanceof CircuitBreakerError) return error.code.startsWith('GRAPHQL_') ? [error] : undefined;
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors) ? error.errors : undefined;
}

/** A document that cannot be read is none; it is refused where it is read for good. */
function isMutation(parameters: unknown): boolean {
  const { query, operationName } = asRecord(parameters);
  if (typeof query !== 'string') return false;
  try {
    const name = typeof operationName === 'string' ? operationName : undefined;
    return (
      getOperationAST(parse(query, { maxLexicalTokens: MAX_TOKENS }), name)?.operation === OperationTypeNode.MUTATION
    );
  } catch {
    return false;
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
