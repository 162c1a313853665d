import { makeExecutableSchema } from '@graphql-tools/schema';
import type { GraphQLSchema } from 'graphql';

import { loadSchema } from './load-schema.js';
import { agentResolvers } from './resolvers/agent-resolvers.js';
import { executionResolvers } from './resolvers/execution-resolvers.js';
import { providerResolvers } from './resolvers/provider-resolvers.js';
import { streamResolvers } from './resolvers/stream-resolvers.js';
import { tokenResolvers } from './resolvers/token-resolvers.js';
import { workflowResolvers } from './resolvers/workflow-resolvers.js';
import { scalars } from './scalars.js';

/** The schema with its resolvers: one for HTTP and for sockets alike. */
export function executableSchema(): GraphQLSchema {
  return makeExecutableSchema({
    typeDefs: loadSchema(),
    resolvers: [
      scalars,
      workflowResolvers,
      tokenResolvers,
      agentResolvers,
      executionResolvers,
      streamResolvers,
      providerResolvers,
    ],
  });
}
