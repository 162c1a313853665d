import type { AgentTransition, PlaceAgent } from '../core/definitions/definition.js';
import { effectiveDefinition } from '../core/definitions/effective-definition.js';
import type { AgentUseId } from '../core/definitions/rollout.js';
import { notFound, validationFailed } from '../core/errors.js';
import type { OperationParts } from './operation-parts.js';

/** Which use of an agent is meant: one of the two has to be given. */
export interface NamedUse {
  readonly workflowId: string;
  readonly transitionId?: string;
  readonly placeAgentId?: string;
}

interface UseInWorkflow {
  readonly id: AgentUseId;
  /** As the newest version has it, or who added it. */
  readonly use: AgentTransition | PlaceAgent;
}

/** Throws VALIDATION_FAILED where not one is named. */
export function useIdOf({ transitionId, placeAgentId }: NamedUse): AgentUseId {
  if (transitionId !== undefined && placeAgentId === undefined) return { transitionId };
  if (placeAgentId !== undefined && transitionId === undefined) return { placeAgentId };
  const message = 'name either a transition or a place agent';
  throw validationFailed('The rollout', [{ code: 'INVALID_VALUE', pointer: '/transitionId', message }]);
}

/** The use that is named, in the newest version of its workflow. Throws NOT_FOUND, and VALIDATION_FAILED where not one is named. */
export async function usedIn({ storage }: Pick<OperationParts, 'storage'>, named: NamedUse): Promise<UseInWorkflow> {
  const id = useIdOf(named);
  const { workflowId } = named;
  const stored = await storage.workflows.get(workflowId);
  if (stored === undefined) throw notFound('workflow', workflowId);
  const placeAgents = await storage.placeAgents.listForWorkflow(workflowId);
  const whole = effectiveDefinition(stored.definition, { placeAgents, rollouts: [] });
  if ('transitionId' in id) {
    const use = whole.transitions.find((transition) => transition.id === id.transitionId)?.agentExecution;
    if (use === undefined) throw notFound('transition with an agent', id.transitionId);
    return { id, use };
  }
  const use = whole.placeAgents.find((agent) => agent.id === id.placeAgentId);
  if (use === undefined) throw notFound('place agent', id.placeAgentId);
  return { id, use };
}
