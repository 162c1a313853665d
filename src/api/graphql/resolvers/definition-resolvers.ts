import type { Agent } from '../../../core/agents/agent.js';
import { applyDefinitions } from '../../../operations/apply-definitions.js';
import type { ResolverContext } from '../context.js';
import type { WorkflowView } from './workflow-view.js';

/** Lists that nobody gave are absent or null. */
interface ApplyArguments {
  readonly input: {
    readonly agents?: readonly unknown[] | null;
    readonly workflows?: readonly unknown[] | null;
    readonly deleteAgents?: readonly string[] | null;
    readonly deletePlaceAgents?: readonly string[] | null;
  };
  readonly dryRun: boolean;
}

export const definitionResolvers = {
  Agent: {
    definition: ({ version: _version, createdAt: _createdAt, updatedAt: _updatedAt, ...definition }: Agent) =>
      definition,
  },
  Workflow: {
    definition: ({
      id,
      name,
      description,
      places,
      initialPlace,
      transitions,
      rules,
      placeAgents,
      budget,
    }: WorkflowView) => ({
      id,
      name,
      ...(description === undefined ? {} : { description }),
      places,
      initialPlace,
      transitions,
      rules,
      placeAgents,
      ...(budget === undefined ? {} : { budget }),
    }),
  },
  Mutation: {
    applyDefinitions: (_: unknown, { input, dryRun }: ApplyArguments, context: ResolverContext) =>
      applyDefinitions(
        context,
        {
          agents: input.agents ?? [],
          workflows: input.workflows ?? [],
          deleteAgents: input.deleteAgents ?? [],
          deletePlaceAgents: input.deletePlaceAgents ?? [],
        },
        { dryRun },
      ),
  },
};
