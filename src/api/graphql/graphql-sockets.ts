import type { FastifyBaseLogger } from 'fastify';
import {
  GraphQLError,
  parse,
  specifiedRules,
  validate,
  type ExecutionArgs,
  type FormattedExecutionResult,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import type { WebSocketServer } from 'ws';

import type { ApiParts } from '../api-parts.js';
import { asGraphqlError, graphqlError } from '../error-response.js';
import type { ResolverContext } from './context.js';
import { boundedDepth, MAX_TOKENS } from './document-limits.js';
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
      connectionInitWaitTimeout: CONNECTION_INIT_TIMEOUT_MS,
      context: (): ResolverContext => ({ ...parts, load: new EntityLoader(parts.storage) }),
      onSubscribe: ({ subscriptions }, _id, payload) =>
        Object.keys(subscriptions).length > MAX_OPERATIONS
          ? [new GraphQLError(`A socket may have ${MAX_OPERATIONS} operations at once.`)]
          : readOperation(schema, payload),
      onError: (...[, , , errors]) => format(errors.map(asGraphqlError)),
      onNext: (...[, , , , result]) => withFormattedErrors(result, format),
    },
    server,
    PING_EVERY_MS,
  );
  return async () => {
    await dispose();
  };
}

/** The same limits as over HTTP. A document that is refused ends its operation, not the socket. */
function readOperation(schema: GraphQLSchema, payload: SubscribePayload): ExecutionArgs | readonly GraphQLError[] {
  try {
    const document = parse(payload.query, { maxLexicalTokens: MAX_TOKENS });
    const errors = validate(schema, document, [...specifiedRules, boundedDepth]);
    if (errors.length > 0) return errors;
    return { schema, document, operationName: payload.operationName, variableValues: payload.variables };
  } catch (error) {
    return [asGraphqlError(error)];
  }
}

function withFormattedErrors(
  { errors, ...rest }: { readonly errors?: readonly GraphQLError[] | undefined },
  format: (errors: readonly GraphQLError[]) => readonly GraphQLFormattedError[],
): FormattedExecutionResult | undefined {
  return errors === undefined ? undefined : { ...rest, errors: format(errors) };
}
