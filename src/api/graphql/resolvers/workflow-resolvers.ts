import type { PlaceAgent, RetryConfig } from '../../../core/definitions/definition.js';
import { budgetScopes } from '../../../core/executions/budget-limit.js';
import { diagram } from '../../../core/definitions/diagram.js';
import { effectiveDefinition, rolledOutPlaceAgent } from '../../../core/definitions/effective-definition.js';
import type { AddedPlaceAgent } from '../../../storage/place-agent-store.js';
import { createPlaceAgent, deletePlaceAgent } from '../../../operations/save-place-agent.js';
import { saveWorkflow, workflowProblems } from '../../../operations/save-workflow.js';
import type { StoredWorkflow } from '../../../storage/workflow-store.js';
import { pageInParts, readInParts } from '../read-in-parts.js';
import type { ResolverContext } from '../context.js';
import { connectionOf, pageRequest, type PageArguments } from '../pages.js';
import { budgetToday } from './budget-today.js';
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
    workflows: async (_: unknown, page: PageArguments, context: ResolverContext) =>
      (await pageOfWorkflows(context, pageRequest(page))).map(workflowView),
    validateWorkflow: (_: unknown, { input }: { input: unknown }, context: ResolverContext) =>
      workflowProblems(context, input, (steps) => context.work.inSteps(steps)),
    placeAgentConfigs: async (
      _: unknown,
      { workflowId, placeId }: { workflowId?: string | null; placeId?: string | null },
      { load, storage, work }: ResolverContext,
    ) => {
      const filter = { ...(workflowId == null ? {} : { workflowId }), ...(placeId == null ? {} : { placeId }) };
      const workflow = workflowId == null ? undefined : await storage.workflows.get(workflowId);
      const own = (workflow?.definition.placeAgents ?? []).filter(
        (agent) => placeId == null || agent.placeId === placeId,
      );
      return [
        ...(await withRollouts(
          load,
          own.map((agent) => ({ ...agent, workflowId: workflowId ?? '', source: 'DEFINITION' })),
        )),
        ...(await withRollouts(
          load,
          (
            await readInParts<AddedPlaceAgent>(work, Infinity, (first, after) =>
              storage.placeAgents.list(filter, { first, ...(after === undefined ? {} : { after }) }),
            )
          ).map(addedView),
        )),
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
    budgetToday: ({ id, budget }: WorkflowView, _: unknown, context: ResolverContext) =>
      budgetToday(context, budgetScopes.workflow(id), budget),
    placeAgents: async (workflow: WorkflowView, _: unknown, { load }: ResolverContext) =>
      await withRollouts(load, [
        ...workflow.placeAgents.map((agent) => ({ ...agent, workflowId: workflow.id, source: 'DEFINITION' })),
        ...(await load.placeAgents(workflow.id)).map(addedView),
      ]),
    transitions: async (workflow: WorkflowView, _: unknown, { load }: ResolverContext) =>
      effectiveDefinition(workflow, { placeAgents: [], rollouts: await load.rollouts(workflow.id) }).transitions,
    diagram: async (workflow: WorkflowView, { tokenId }: { tokenId?: string | null }, context: ResolverContext) => {
      const { load, work } = context;
      const added = await load.placeAgents(workflow.id);
      const token = tokenId == null ? undefined : await load.token(tokenId);
      const place = token?.workflowId === workflow.id ? token.place : undefined;
      const key = `diagram ${workflow.id} ${workflow.version} ${place ?? ''}`;
      return await work.once(key, () =>
        diagram(effectiveDefinition(workflow, { placeAgents: added, rollouts: [] }), place),
      );
    },
    tokens: async (
      { id }: { id: string },
      args: PageArguments & Omit<TokenFilterArguments, 'workflowId'>,
      { storage, work }: ResolverContext,
    ) => {
      const filter = tokenFilter({ ...args, workflowId: id });
      return connectionOf(
        await pageInParts(work, pageRequest(args), (page) => storage.tokens.list(filter, page)),
        args,
      );
    },
  },
  AgentRetryConfig: {
    retryOnErrors: ({ retryOnErrors }: RetryConfig) => retryOnErrors ?? [],
  },
};

/** One that is saved meanwhile comes to the front: it must not be there twice. */
async function pageOfWorkflows(
  { storage, work }: ResolverContext,
  page: ReturnType<typeof pageRequest>,
): Promise<readonly StoredWorkflow[]> {
  const read = await readInParts<StoredWorkflow>(work, page.first, (first, last) =>
    storage.workflows.list({ ...page, first, ...(last === undefined ? {} : { after: last.definition.id }) }),
  );
  return [...new Map(read.map((stored) => [stored.definition.id, stored])).values()];
}

/** How far each is brought in, as it is now. */
async function withRollouts<Agent extends PlaceAgent & { readonly workflowId: string }>(
  load: ResolverContext['load'],
  agents: readonly Agent[],
): Promise<readonly Agent[]> {
  return await Promise.all(
    agents.map(async (agent) => rolledOutPlaceAgent(agent, await load.rollouts(agent.workflowId))),
  );
}

function addedView(agent: AddedPlaceAgent) {
  return { ...agent, source: 'ADDED' };
}
