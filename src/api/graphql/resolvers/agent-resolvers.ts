import { DEFAULT_MAX_TOOL_CALLS, type Agent, type Fallback } from '../../../core/agents/agent.js';
import { FALLBACK_BY_DEFAULT } from '../../../core/codes.js';
import { budgetScopes } from '../../../core/executions/budget-limit.js';
import { DEFAULT_APPROVAL_TIMEOUT_SECONDS } from '../../../core/agents/approval-required.js';
import { DEFAULT_MAX_WAIT_SECONDS } from '../../../core/agents/delivery.js';
import { createAgent, deleteAgent, updateAgent } from '../../../operations/save-agent.js';
import { purgeCache } from '../../../operations/purge-cache.js';
import { readInParts } from '../read-in-parts.js';
import type { ResolverContext } from '../context.js';
import { pageRequest } from '../pages.js';
import { budgetToday } from './budget-today.js';

interface AgentUpdate {
  readonly id: string;
  readonly input: unknown;
  readonly expectedVersion?: number | null;
}

interface AgentPage {
  readonly capability?: string | null;
  readonly first?: number | null;
  readonly after?: string | null;
}

export const agentResolvers = {
  Query: {
    agent: (_: unknown, { id, version }: { id: string; version?: number | null }, { storage, work }: ResolverContext) =>
      work.once(`agent ${version ?? 'newest'} ${id}`, () => storage.agents.get(id, version ?? undefined)),
    agents: (_: unknown, { capability, first, after }: AgentPage, { storage, work }: ResolverContext) =>
      readInParts<Agent>(work, first == null ? Infinity : pageRequest({ first }).first, (count, last) => {
        const seen = last?.id ?? after;
        return storage.agents.list({
          first: count,
          ...(seen == null ? {} : { after: seen }),
          ...(capability == null ? {} : { capability }),
        });
      }),
  },
  Agent: {
    // What others spend by it is not for those who are limited to some workflows.
    budgetToday: ({ id, budget }: Agent, _: unknown, context: ResolverContext) =>
      context.caller.workflows === undefined ? budgetToday(context, budgetScopes.agent(id), budget) : null,
    approvalRequired: ({ approvalRequired = [] }: Agent) => approvalRequired,
    approvalTimeoutSeconds: ({ approvalTimeoutSeconds = DEFAULT_APPROVAL_TIMEOUT_SECONDS }: Agent) =>
      approvalTimeoutSeconds,
    fallbacks: ({ fallbacks = [] }: Agent) => fallbacks,
    delivery: ({ delivery = 'stream' }: Agent) => delivery,
    maxWaitSeconds: ({ maxWaitSeconds = DEFAULT_MAX_WAIT_SECONDS }: Agent) => maxWaitSeconds,
    maxToolCalls: ({ maxToolCalls = DEFAULT_MAX_TOOL_CALLS }: Agent) => maxToolCalls,
  },
  AgentFallback: {
    on: ({ on = FALLBACK_BY_DEFAULT }: Fallback) => on,
  },
  Mutation: {
    createAgent: (_: unknown, { input }: { input: unknown }, context: ResolverContext) => createAgent(context, input),
    updateAgent: (_: unknown, { id, ...change }: AgentUpdate, context: ResolverContext) =>
      updateAgent(context, id, change),
    purgeCache: (_: unknown, { agentId }: { agentId: string }, context: ResolverContext) =>
      purgeCache(context, agentId),
    deleteAgent: (_: unknown, { id }: { id: string }, context: ResolverContext) => deleteAgent(context, id),
  },
};
