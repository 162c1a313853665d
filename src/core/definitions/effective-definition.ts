import type { AgentUse, PlaceAgent, Transition, WorkflowDefinition } from './definition.js';
import { FULL_ROLLOUT, type UseRollout } from './rollout.js';

/** What was said of a workflow since its versions were saved, and holds for all of them. */
export interface WorkflowAdditions {
  readonly placeAgents: readonly PlaceAgent[];
  readonly rollouts: readonly UseRollout[];
}

/**
 * A definition with the place agents that were added to its workflow since, and with how far its agents are brought in. A place agent
 * whose place this version does not have, or whose id it gives to one of its own, is left out.
 */
export function effectiveDefinition(
  definition: WorkflowDefinition,
  { placeAgents: added, rollouts }: WorkflowAdditions,
): WorkflowDefinition {
  const own = new Set(definition.placeAgents.map(({ id }) => id));
  const fitting = added.filter(({ id, placeId }) => !own.has(id) && definition.places.includes(placeId));
  const whole =
    fitting.length === 0 ? definition : { ...definition, placeAgents: [...definition.placeAgents, ...fitting] };
  return rollouts.length === 0 ? whole : withRollouts(whole, rollouts);
}

function withRollouts(definition: WorkflowDefinition, rollouts: readonly UseRollout[]): WorkflowDefinition {
  const said = new Map(
    rollouts.flatMap((one) => ('transitionId' in one.use ? [[one.use.transitionId, one] as const] : [])),
  );
  const transitions = definition.transitions.map((transition): Transition => {
    const { id, agentExecution } = transition;
    const rollout = said.get(id);
    if (rollout === undefined || agentExecution === undefined) return transition;
    return { ...transition, agentExecution: { ...agentExecution, ...saidOf(rollout, agentExecution) } };
  });
  const placeAgents = definition.placeAgents.map((agent) => rolledOutPlaceAgent(agent, rollouts));
  return { ...definition, transitions, placeAgents };
}

/** A place agent, with what was said last of how far it is brought in. */
export function rolledOutPlaceAgent<Agent extends PlaceAgent>(agent: Agent, rollouts: readonly UseRollout[]): Agent {
  const said = rollouts.find(({ use }) => 'placeAgentId' in use && use.placeAgentId === agent.id);
  return said === undefined ? agent : { ...agent, ...saidOf(said, agent) };
}

/**
 * What holds of a use in this version. One that requires its agent cannot have it in the shadow: it runs there. Versions that run side by
 * side are those of the agent of which it was said, and go before the one that the definition names.
 */
function saidOf(
  { rollout, agentId, agentVersions }: UseRollout,
  use: AgentUse & { readonly required?: boolean },
): Pick<AgentUse, 'rollout' | 'agentVersions'> {
  const isImpossible = rollout.mode === 'shadow' && use.required === true;
  return {
    rollout: isImpossible ? FULL_ROLLOUT : rollout,
    ...(agentVersions === undefined || agentId !== use.agentId ? {} : { agentVersions }),
  };
}
