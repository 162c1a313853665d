import type { FastifyBaseLogger } from 'fastify';
import { GraphQLError, type FormattedExecutionResult, type GraphQLFormattedError, type GraphQLSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import type { WebSocketServer } from 'ws';

import type { ApiParts } from '../api-parts.js';
import { graphqlError } from '../error-response.js';
import type { ResolverContext } from './context.js';
import { EntityLoader } from './entity-loader.js';

interface SocketParts {
  readonly server: WebSocketServer;
  readonly schema: GraphQLSchema;
  readonly parts: ApiParts;
  readonly logger: FastifyBaseLogger;
}

const CONNECTION_INIT_TIMEOUT_MS = 10_000;
const PING_EVERY_MS = 15_000;
const MAX_OPERATIONS = 100;

/**
 * GraphQL over WebSocket (`graphql-transport-ws`) by graphql-ws and not by Mercurius, whose own server neither validates
 * documents nor bounds what a socket may hold. Returns the function that ends it.
 */
export function serveGraphqlSockets({ server, schema, parts, logger }: SocketParts): () => Promise<void> {
  const format = (errors: readonly GraphQLError[]) =>
    errors.map((error) => graphqlError(error, { id: crypto.randomUUID(), log: logger }));
  const { dispose } = useServer(
    {
      schema,
      connectionInitWaitTimeout: CONNECTION_INIT_TIMEOUT_MS,
      context: (): ResolverContext => ({ ...parts, load: new EntityLoader(parts.storage) }),
      onSubscribe: ({ subscriptions }) =>
        Object.keys(subscriptions).length >= MAX_OPERATIONS
          ? [new GraphQLError(`A socket may have ${MAX_OPERATIONS} operations at once.`)]
          : undefined,
      onError: (_context, _id, _payload, errors) => format(errors.map(asGraphqlError)),
      onNext: (_context, _id, _payload, _args, result) => withFormattedErrors(result, format),
    },
    server,
    PING_EVERY_MS,
  );
  return async () => {
    await dispose();
  };
}

function asGraphqlError(error: unknown): GraphQLError {
  return error instanceof GraphQLError ? error : new GraphQLError(String(error));
}

function withFormattedErrors(
  { errors, ...rest }: { readonly errors?: readonly GraphQLError[] | undefined },
  format: (errors: readonly GraphQLError[]) => readonly GraphQLFormattedError[],
): FormattedExecutionResult | undefined {
  return errors === undefined ? undefined : { ...rest, errors: format(errors) };
}
