import { isEnded, type AgentExecution } from '../../../core/executions/execution.js';
import type { ToolApproval } from '../../../core/executions/tool-approval.js';
import type { ToolDecision } from '../../../core/streams/tool-decision.js';
import { approveToolCall, rejectToolCall } from '../../../operations/decide-tool-call.js';
import type { ResolverContext } from '../context.js';
import { pageInParts } from '../read-in-parts.js';
import { connectionOf, pageRequest, type PageArguments } from '../pages.js';

interface CallArguments {
  readonly executionId: string;
  readonly toolCallId: string;
}

export const approvalResolvers = {
  Query: {
    approvals: async (_: unknown, args: PageArguments, { storage, work }: ResolverContext) =>
      connectionOf(await pageInParts(work, pageRequest(args), (page) => storage.tools.listWaiting(page)), args),
  },
  Mutation: {
    approveToolCall: (_: unknown, args: CallArguments, context: ResolverContext) => approveToolCall(context, args),
    rejectToolCall: (_: unknown, args: CallArguments, context: ResolverContext) => rejectToolCall(context, args),
  },
  AgentExecution: {
    pendingApprovals: async ({ id, status }: AgentExecution, _: unknown, { load }: ResolverContext) =>
      isEnded(status) ? [] : (await load.approvals(id)).filter(({ decision }) => decision === undefined),
    approvals: ({ id }: AgentExecution, _: unknown, { load }: ResolverContext) => load.approvals(id),
  },
  ToolApproval: {
    execution: ({ executionId }: ToolApproval, _: unknown, { load }: ResolverContext) => load.execution(executionId),
  },
  ToolDecision: {
    stop: ({ stop }: ToolDecision) => stop === true,
  },
};
