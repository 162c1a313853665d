import { CircuitBreakerError } from '../../../core/errors.js';
import type { AgentExecution, ExecutionStatus } from '../../../core/executions/execution.js';
import type { ExecutionFilter, ExecutionStore } from '../../../storage/execution-store.js';
import { cancelExecution, executeAgent, type ExecuteAgentInput } from '../../../operations/execute-agent.js';
import type { Agent } from '../../../core/agents/agent.js';
import type { ResolverContext } from '../context.js';
import { unknownAgent } from './unknown-agent.js';
import { connectionOf, MAX_FIRST, pageRequest, type PageArguments } from '../pages.js';

interface ExecutionFilterArguments {
  readonly status?: ExecutionStatus | null;
  readonly agentId?: string | null;
  readonly workflowId?: string | null;
  readonly tokenId?: string | null;
  readonly since?: string | null;
}

/** A list without pages gives everything or nothing: what it cut away would be missed by nobody. */
const MAX_TOKEN_EXECUTIONS = 1000;

export const executionResolvers = {
  Query: {
    agentExecution: (_: unknown, { id }: { id: string }, { storage, work }: ResolverContext) =>
      work.once(`execution ${id}`, () => storage.executions.get(id)),
    agentExecutions: async (_: unknown, args: PageArguments & ExecutionFilterArguments, { storage }: ResolverContext) =>
      connectionOf(await storage.executions.list(executionFilter(args), pageRequest(args)), args),
    tokenExecutions: (_: unknown, { tokenId }: { tokenId: string }, { storage }: ResolverContext) =>
      allOfToken(storage.executions, tokenId),
    conversation: (_: unknown, { id }: { id: string }, { storage, work }: ResolverContext) =>
      work.once(`conversation ${id}`, () => storage.conversations.get(id)),
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
    agent: agentOf,
    token: ({ tokenId }: AgentExecution, _: unknown, { load }: ResolverContext) =>
      tokenId === undefined ? undefined : load.token(tokenId),
    attemptCount: ({ attempts }: AgentExecution) => attempts.length,
    durationMs: ({ startedAt, completedAt }: AgentExecution) =>
      startedAt === undefined || completedAt === undefined
        ? undefined
        : Date.parse(completedAt) - Date.parse(startedAt),
  },
};

/** Newest first. Throws VALIDATION_FAILED where there are more than a list without pages can have. */
async function allOfToken(executions: ExecutionStore, tokenId: string): Promise<readonly AgentExecution[]> {
  const all: AgentExecution[] = [];
  let after: string | undefined;
  do {
    const page = await executions.list({ tokenId }, { first: MAX_FIRST, ...(after === undefined ? {} : { after }) });
    all.push(...page.items.map(({ item }) => item));
    after = page.hasNextPage ? page.items.at(-1)?.cursor : undefined;
  } while (after !== undefined && all.length < MAX_TOKEN_EXECUTIONS);
  if (after === undefined) return all;
  const message = `The token has more than ${MAX_TOKEN_EXECUTIONS} executions: read them in pages, by agentExecutions(tokenId, first, after).`;
  throw new CircuitBreakerError('VALIDATION_FAILED', message);
}

async function agentOf(
  { agentId: id, agentVersion: version }: AgentExecution,
  _: unknown,
  { load }: ResolverContext,
): Promise<Agent> {
  try {
    return await load.agent(id, version);
  } catch (error) {
    if (error instanceof CircuitBreakerError && error.code === 'NOT_FOUND') return unknownAgent({ id, version });
    throw error;
  }
}

function executionFilter({ status, agentId, workflowId, tokenId, since }: ExecutionFilterArguments): ExecutionFilter {
  return {
    ...(status == null ? {} : { status }),
    ...(agentId == null ? {} : { agentId }),
    ...(workflowId == null ? {} : { workflowId }),
    ...(tokenId == null ? {} : { tokenId }),
    ...(since == null ? {} : { since }),
  };
}
