import type { RetryConfig } from '../../../core/definitions/definition.js';
import { diagram } from '../../../core/definitions/diagram.js';
import { effectiveDefinition } from '../../../core/definitions/effective-definition.js';
import type { AddedPlaceAgent } from '../../../storage/place-agent-store.js';
import { createPlaceAgent, deletePlaceAgent } from '../../../operations/save-place-agent.js';
import { saveWorkflow, workflowProblems } from '../../../operations/save-workflow.js';
import type { ResolverContext } from '../context.js';
import { connectionOf, pageRequest, type PageArguments } from '../pages.js';
import { tokenFilter, type TokenFilterArguments } from './token-resolvers.js';
import { workflowView, type WorkflowView } from './workflow-view.js';

export const workflowResolvers = {
  Query: {
    workflow: async (
      _: unknown,
      { id, version }: { id: string; version?: number | null },
      { storage, work }: ResolverContext,
    ) =>
      workflowView(
        await work.once(`workflow ${version ?? 'newest'} ${id}`, () => storage.workflows.get(id, version ?? undefined)),
      ),
    workflows: async (_: unknown, page: PageArguments, { storage }: ResolverContext) =>
      (await storage.workflows.list(pageRequest(page))).map(workflowView),
    validateWorkflow: (_: unknown, { input }: { input: unknown }, context: ResolverContext) =>
      context.work.run(() => workflowProblems(context, input)),
    placeAgentConfigs: async (
      _: unknown,
      { workflowId, placeId }: { workflowId?: string | null; placeId?: string | null },
      { storage }: ResolverContext,
    ) => {
      const filter = { ...(workflowId == null ? {} : { workflowId }), ...(placeId == null ? {} : { placeId }) };
      const workflow = workflowId == null ? undefined : await storage.workflows.get(workflowId);
      const own = (workflow?.definition.placeAgents ?? []).filter(
        (agent) => placeId == null || agent.placeId === placeId,
      );
      return [
        ...own.map((agent) => ({ ...agent, workflowId, source: 'DEFINITION' })),
        ...(await storage.placeAgents.list(filter)).map(addedView),
      ];
    },
  },
  Mutation: {
    createWorkflow: async (_: unknown, { input }: { input: unknown }, context: ResolverContext) =>
      workflowView(await saveWorkflow(context, input)),
    createPlaceAgentConfig: async (_: unknown, { input }: { input: unknown }, context: ResolverContext) =>
      addedView(await createPlaceAgent(context, input)),
    deletePlaceAgentConfig: (_: unknown, { id }: { id: string }, context: ResolverContext) =>
      deletePlaceAgent(context, id),
  },
  Workflow: {
    placeAgents: async (workflow: WorkflowView, _: unknown, { load }: ResolverContext) => [
      ...workflow.placeAgents.map((agent) => ({ ...agent, workflowId: workflow.id, source: 'DEFINITION' })),
      ...(await load.placeAgents(workflow.id)).map(addedView),
    ],
    diagram: async (workflow: WorkflowView, { tokenId }: { tokenId?: string | null }, context: ResolverContext) => {
      const { load, work } = context;
      const added = await load.placeAgents(workflow.id);
      const token = tokenId == null ? undefined : await load.token(tokenId);
      const place = token?.workflowId === workflow.id ? token.place : undefined;
      const key = `diagram ${workflow.id} ${workflow.version} ${place ?? ''}`;
      return await work.once(key, () => diagram(effectiveDefinition(workflow, added), place));
    },
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

function addedView(agent: AddedPlaceAgent) {
  return { ...agent, source: 'ADDED' };
}
