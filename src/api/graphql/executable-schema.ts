import { makeExecutableSchema } from '@graphql-tools/schema';
import { defaultFieldResolver, type GraphQLSchema } from 'graphql';

import { answerInTime } from './answer-in-time.js';
import type { ResolverContext } from './context.js';
import { countListFields } from './answers/count-list-fields.js';
import { judgeCallers } from './judge-callers.js';
import { loadSchema } from './load-schema.js';
import { refuseUnstorableArguments } from './refuse-unstorable.js';
import { agentResolvers } from './resolvers/agent-resolvers.js';
import { alertResolvers } from './resolvers/alert-resolvers.js';
import { auditResolvers } from './resolvers/audit-resolvers.js';
import { approvalResolvers } from './resolvers/approval-resolvers.js';
import { definitionResolvers } from './resolvers/definition-resolvers.js';
import { executionResolvers } from './resolvers/execution-resolvers.js';
import { logResolvers } from './resolvers/log-resolvers.js';
import { providerResolvers } from './resolvers/provider-resolvers.js';
import { streamResolvers } from './resolvers/stream-resolvers.js';
import { tokenResolvers } from './resolvers/token-resolvers.js';
import { toolResolvers } from './resolvers/tool-resolvers.js';
import { rolloutResolvers } from './resolvers/rollout-resolvers.js';
import { workflowResolvers } from './resolvers/workflow-resolvers.js';
import { scalars } from './scalars.js';

/** The schema with its resolvers: one for HTTP and for sockets alike. */
export function executableSchema(): GraphQLSchema {
  const schema = makeExecutableSchema({
    typeDefs: loadSchema(),
    resolvers: [
      scalars,
      rolloutResolvers,
      workflowResolvers,
      tokenResolvers,
      agentResolvers,
      definitionResolvers,
      executionResolvers,
      approvalResolvers,
      alertResolvers,
      auditResolvers,
      streamResolvers,
      providerResolvers,
      toolResolvers,
      logResolvers,
    ],
  });
  refuseUnstorableArguments(schema);
  countListFields(schema);
  readAfterMutations(schema);
  judgeCallers(schema);
  answerInTime(schema);
  return schema;
}

/** Mutations of one document run one after the other, and each shows what it led to: nothing that was read before it. */
function readAfterMutations(schema: GraphQLSchema): void {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const { resolve = defaultFieldResolver } = field;
    field.resolve = async (...call) => {
      const { load, work } = call[2] as ResolverContext;
      const result: unknown = await work.run(() => resolve(...call));
      load.forget();
      work.forget();
      return result;
    };
  }
}
