import type { FastifyInstance } from 'fastify';
import { GraphQLError, type ExecutionResult, type GraphQLSchema } from 'graphql';
import { mercurius } from 'mercurius';

import type { ApiParts } from '../api-parts.js';
import { graphqlError } from '../error-response.js';
import type { ResolverContext } from './context.js';
import { EntityLoader } from './entity-loader.js';

const MAX_QUERY_DEPTH = 15;

/** GraphQL over HTTP. Subscriptions go over WebSocket: see graphql-sockets. */
export async function registerGraphql(app: FastifyInstance, schema: GraphQLSchema, parts: ApiParts): Promise<void> {
  await app.register(mercurius, {
    schema,
    path: '/graphql',
    graphiql: false,
    subscription: false,
    queryDepth: MAX_QUERY_DEPTH,
    context: (): ResolverContext => ({ ...parts, load: new EntityLoader(parts.storage) }),
    errorFormatter: (result, context) => {
      const request = { id: context.reply.request.id, log: app.log };
      const errors = (result.errors ?? []).flatMap(withinError).map((error) => graphqlError(error, request));
      const data = result.data ?? null;
      // A request that could not be executed at all is a bad one; errors of single fields are part of an answer.
      return {
        statusCode: isRequestError(result) ? 400 : 200,
        response: { data, errors } as unknown as ExecutionResult,
      };
    },
  });
}

/** Mercurius packs what validation found into one error. */
function withinError(error: Error): readonly GraphQLError[] {
  const packed: unknown = error instanceof GraphQLError ? error.originalError : error;
  if (packed instanceof Error && 'errors' in packed && Array.isArray(packed.errors)) {
    return packed.errors.map((one: unknown) => asGraphqlError(one));
  }
  return [asGraphqlError(error)];
}

function asGraphqlError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  const original = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(original.message, { originalError: original });
}

function isRequestError({ data, errors }: ExecutionResult): boolean {
  return data == null && (errors ?? []).every(({ path }) => path === undefined);
}
