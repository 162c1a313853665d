import type { AgentExecution, ExecutionStatus } from '../../../core/executions/execution.js';
import type { ExecutionFilter } from '../../../storage/execution-store.js';
import { cancelExecution, executeAgent, type ExecuteAgentInput } from '../../../operations/execute-agent.js';
import type { ResolverContext } from '../context.js';
import { connectionOf, pageRequest, type PageArguments } from '../pages.js';

interface ExecutionFilterArguments {
  readonly status?: ExecutionStatus | null;
  readonly agentId?: string | null;
  readonly workflowId?: string | null;
  readonly tokenId?: string | null;
  readonly since?: string | null;
}

/** All executions of one token that a list without pages gives. */
const MAX_TOKEN_EXECUTIONS = 200;

export const executionResolvers = {
  Query: {
    agentExecution: (_: unknown, { id }: { id: string }, { storage }: ResolverContext) => storage.executions.get(id),
    agentExecutions: async (_: unknown, args: PageArguments & ExecutionFilterArguments, { storage }: ResolverContext) =>
      connectionOf(await storage.executions.list(executionFilter(args), pageRequest(args)), args),
    tokenExecutions: async (_: unknown, { tokenId }: { tokenId: string }, { storage }: ResolverContext) => {
      const { items } = await storage.executions.list({ tokenId }, { first: MAX_TOKEN_EXECUTIONS });
      return items.map(({ item }) => item);
    },
    conversation: (_: unknown, { id }: { id: string }, { storage }: ResolverContext) => storage.conversations.get(id),
    agentConversations: (
      _: unknown,
      { agentId, ...page }: PageArguments & { agentId: string },
      { storage }: ResolverContext,
    ) => storage.conversations.listForAgent(agentId, pageRequest(page)),
  },
  Mutation: {
    executeAgent: (_: unknown, { input }: { input: ExecuteAgentInput }, context: ResolverContext) =>
      executeAgent(context, input),
    cancelAgentExecution: (
      _: unknown,
      { id, reason }: { id: string; reason?: string | null },
      context: ResolverContext,
    ) => cancelExecution(context, id, reason ?? ''),
  },
  AgentExecution: {
    agent: ({ agentId, agentVersion }: AgentExecution, _: unknown, { load }: ResolverContext) =>
      load.agent(agentId, agentVersion),
    token: ({ tokenId }: AgentExecution, _: unknown, { load }: ResolverContext) =>
      tokenId === undefined ? undefined : load.token(tokenId),
    attemptCount: ({ attempts }: AgentExecution) => attempts.length,
    durationMs: ({ startedAt, completedAt }: AgentExecution) =>
      startedAt === undefined || completedAt === undefined
        ? undefined
        : Date.parse(completedAt) - Date.parse(startedAt),
  },
};

function executionFilter({ status, agentId, workflowId, tokenId, since }: ExecutionFilterArguments): ExecutionFilter {
  return {
    ...(status == null ? {} : { status }),
    ...(agentId == null ? {} : { agentId }),
    ...(workflowId == null ? {} : { workflowId }),
    ...(tokenId == null ? {} : { tokenId }),
    ...(since == null ? {} : { since: new Date(since).toISOString() }),
  };
}
