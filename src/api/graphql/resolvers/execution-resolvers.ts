import { CircuitBreakerError } from '../../../core/errors.js';
import type { AgentExecution, ExecutionStatus, ModelAttempt } from '../../../core/executions/execution.js';
import type { UsagePart } from '../../../core/executions/usage-sums.js';
import { wastedBy } from '../../../core/executions/wasted.js';
import type { ExecutionFilter } from '../../../storage/execution-store.js';
import { cancelExecution, executeAgent, type ExecuteAgentInput } from '../../../operations/execute-agent.js';
import { usageReport } from '../../../operations/usage-report.js';
import type { Agent } from '../../../core/agents/agent.js';
import type { Conversation, Message } from '../../../core/executions/conversation.js';
import { pageInParts, readInParts } from '../read-in-parts.js';
import type { ResolverContext } from '../context.js';
import { unknownAgent } from './unknown-agent.js';
import { connectionOf, pageRequest, type PageArguments } from '../pages.js';

interface ExecutionFilterArguments {
  readonly status?: ExecutionStatus | null;
  readonly agentId?: string | null;
  readonly workflowId?: string | null;
  readonly tokenId?: string | null;
  readonly since?: string | null;
}

interface UsageReportArguments {
  readonly since: string;
  readonly until?: string | null;
  readonly by: readonly UsagePart[];
}

/** A list without pages gives everything or nothing: what it cut away would be missed by nobody. */
const MAX_TOKEN_EXECUTIONS = 1000;

export const executionResolvers = {
  Query: {
    agentExecution: (_: unknown, { id }: { id: string }, { storage, work }: ResolverContext) =>
      work.once(`execution ${id}`, () => storage.executions.get(id)),
    agentExecutions: async (
      _: unknown,
      args: PageArguments & ExecutionFilterArguments,
      { storage, work }: ResolverContext,
    ) => {
      const filter = executionFilter(args);
      return connectionOf(
        await pageInParts(work, pageRequest(args), (page) => storage.executions.list(filter, page)),
        args,
      );
    },
    tokenExecutions: (_: unknown, { tokenId }: { tokenId: string }, context: ResolverContext) =>
      allOfToken(context, tokenId),
    usageReport: (_: unknown, args: UsageReportArguments, context: ResolverContext) =>
      usageReport(context, {
        since: args.since,
        ...(args.until == null ? {} : { until: args.until }),
        by: args.by,
      }),
    conversation: (_: unknown, { id }: { id: string }, { storage, work }: ResolverContext) =>
      work.once(`conversation ${id}`, () => storage.conversations.get(id)),
    agentConversations: (
      _: unknown,
      { agentId, ...args }: PageArguments & { agentId: string },
      { storage, work }: ResolverContext,
    ) => {
      const page = pageRequest(args);
      return readInParts<Conversation>(work, page.first, (first, last) =>
        storage.conversations.listForAgent(agentId, {
          ...page,
          first,
          ...(last === undefined ? {} : { after: last.id }),
        }),
      );
    },
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
  Message: {
    pictures: ({ pictures = [] }: Message) => pictures.map(({ shown }) => shown),
  },
  // Keys serve all workflows: how they stand is not for everybody.
  ModelAttempt: {
    cachedFrom,
    key: ({ key }: ModelAttempt, _: unknown, { caller }: ResolverContext) =>
      caller.workflows === undefined ? key : null,
    passedKeys: ({ passedKeys }: ModelAttempt, _: unknown, { caller }: ResolverContext) =>
      caller.workflows === undefined ? passedKeys : null,
  },
  AgentExecution: {
    agent: agentOf,
    cachedFrom,
    shadow: ({ shadow }: AgentExecution) => shadow === true,
    token: ({ tokenId }: AgentExecution, _: unknown, { load }: ResolverContext) =>
      tokenId === undefined ? undefined : load.token(tokenId),
    wastedTokens: ({ attempts }: AgentExecution) => wastedBy(attempts).wastedTokens,
    wastedCostUsd: ({ attempts }: AgentExecution) => wastedBy(attempts).wastedCostUsd,
    attemptCount: ({ attempts }: AgentExecution) => attempts.length,
    durationMs: ({ startedAt, completedAt }: AgentExecution) =>
      startedAt === undefined || completedAt === undefined
        ? undefined
        : Date.parse(completedAt) - Date.parse(startedAt),
  },
};

/** Newest first. Throws VALIDATION_FAILED where there are more than a list without pages can have. */
async function allOfToken({ storage, work }: ResolverContext, tokenId: string): Promise<readonly AgentExecution[]> {
  const { items, hasNextPage } = await pageInParts(work, { first: MAX_TOKEN_EXECUTIONS }, (page) =>
    storage.executions.list({ tokenId }, page),
  );
  if (!hasNextPage) return items.map(({ item }) => item);
  const message = `The token has more than ${MAX_TOKEN_EXECUTIONS} executions: read them in pages, by agentExecutions(tokenId, first, after).`;
  throw new CircuitBreakerError('VALIDATION_FAILED', message);
}

/** Answers of agents serve all workflows: which execution of another one has asked the same is not for everybody. */
async function cachedFrom(
  { cachedFrom: id }: Pick<AgentExecution, 'cachedFrom'>,
  _: unknown,
  { caller, load }: ResolverContext,
): Promise<string | null> {
  if (id === undefined) return null;
  if (caller.workflows === undefined) return id;
  try {
    return (await load.execution(id)).id;
  } catch (error) {
    if (error instanceof CircuitBreakerError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
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
