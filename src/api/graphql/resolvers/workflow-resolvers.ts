import type { RetryConfig } from '../../../core/definition.js';
import { saveWorkflow, workflowProblems } from '../../save-workflow.js';
import type { ResolverContext } from '../context.js';
import { connectionOf, pageRequest, type PageArguments } from '../pages.js';
import { tokenFilter, type TokenFilterArguments } from './token-resolvers.js';
import { workflowView } from './workflow-view.js';

export const workflowResolvers = {
  Query: {
    workflow: async (
      _: unknown,
      { id, version }: { id: string; version?: number | null },
      { storage }: ResolverContext,
    ) => workflowView(await storage.workflows.get(id, version ?? undefined)),
    workflows: async (_: unknown, page: PageArguments, { storage }: ResolverContext) =>
      (await storage.workflows.list(pageRequest(page))).map(workflowView),
    validateWorkflow: (_: unknown, { input }: { input: unknown }, context: ResolverContext) =>
      workflowProblems(context, input),
  },
  Mutation: {
    createWorkflow: async (_: unknown, { input }: { input: unknown }, context: ResolverContext) =>
      workflowView(await saveWorkflow(context, input)),
  },
  Workflow: {
    tokens: async (
      { id }: { id: string },
      args: PageArguments & Omit<TokenFilterArguments, 'workflowId'>,
      { storage }: ResolverContext,
    ) => connectionOf(await storage.tokens.list(tokenFilter({ ...args, workflowId: id }), pageRequest(args)), args),
  },
  AgentRetryConfig: {
    retryOnErrors: ({ retryOnErrors }: RetryConfig) => retryOnErrors ?? [],
  },
};
