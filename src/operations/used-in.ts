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

/** The use that is named, in the newest version of its workflow. Throws NOT_FOUND, and VALIDATION_FAILED where not one is named. */
export async function usedIn(
  { storage }: Pick<OperationParts, 'storage'>,
  { workflowId, transitionId, placeAgentId }: NamedUse,
): Promise<UseInWorkflow> {
  if ((transitionId === undefined) === (placeAgentId === undefined)) {
    const message = 'name either a transition or a place agent';
    throw validationFailed('The rollout', [{ code: 'INVALID_VALUE', pointer: '/transitionId', message }]);
  }
  const stored = await storage.workflows.get(workflowId);
  if (stored === undefined) throw notFound('workflow', workflowId);
  const placeAgents = await storage.placeAgents.listForWorkflow(workflowId);
  const whole = effectiveDefinition(stored.definition, { placeAgents, rollouts: [] });
  if (transitionId !== undefined) {
    const use = whole.transitions.find(({ id }) => id === transitionId)?.agentExecution;
    if (use === undefined) throw notFound('transition with an agent', transitionId);
    return { id: { transitionId }, use };
  }
  const use = whole.placeAgents.find(({ id }) => id === placeAgentId);
  if (use === undefined || placeAgentId === undefined) throw notFound('place agent', placeAgentId ?? '');
  return { id: { placeAgentId }, use };
}
