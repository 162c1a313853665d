import type { AgentTransition, PlaceAgent } from '../core/definitions/definition.js';
import { effectiveDefinition } from '../core/definitions/effective-definition.js';
import type { AgentUseId, Rollout, VersionShare } from '../core/definitions/rollout.js';
import { notFound, validationFailed } from '../core/errors.js';
import { agentKey, referencesOf } from '../core/validation/check-definition.js';
import { checkRollout } from '../core/validation/check-rollout.js';
import type { KeptRollout } from '../storage/rollout-store.js';
import type { OperationParts } from './operation-parts.js';
import { tellPlaceAgentChanges } from './tell-place-agent-changes.js';

/** Which use of an agent is meant: one of the two has to be given. */
export interface NamedUse {
  readonly workflowId: string;
  readonly transitionId?: string;
  readonly placeAgentId?: string;
}

export interface RolloutChange extends NamedUse, Rollout {
  /** Absent: as the definition says. */
  readonly agentVersions?: readonly VersionShare[];
}

/** So long the answer waits for the tokens that live to be told; the others are told behind it. */
const TELLING_MS = 5000;

/**
 * Says how far the use of an agent is brought into a workflow: without a new version, for all versions, and for the tokens that live
 * from the next start of that agent on. Throws NOT_FOUND where the newest version has no such use, and VALIDATION_FAILED.
 */
export async function setRollout(parts: OperationParts, change: RolloutChange): Promise<KeptRollout> {
  const { workflowId, mode, percent, maxErrorRate, agentVersions } = change;
  const { id, use } = await usedIn(parts, change);
  const rollout = { mode, percent, ...(maxErrorRate === undefined ? {} : { maxErrorRate }) };
  await refuseUnfit(parts, { ...use, rollout, ...(agentVersions === undefined ? {} : { agentVersions }) });
  const kept = {
    workflowId,
    use: id,
    rollout,
    ...(agentVersions === undefined ? {} : { agentVersions }),
    changedAt: parts.now(),
  };
  await parts.storage.rollouts.set(kept);
  await told(parts);
  return kept;
}

interface UseInWorkflow {
  readonly id: AgentUseId;
  /** As the newest version has it, or who added it, with what was said of it since. */
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
  const { definition } = stored;
  const whole = effectiveDefinition(definition, { placeAgents });
  if (transitionId !== undefined) {
    const use = whole.transitions.find(({ id }) => id === transitionId)?.agentExecution;
    if (use === undefined) throw notFound('transition with an agent', transitionId);
    return { id: { transitionId }, use };
  }
  const use = whole.placeAgents.find(({ id }) => id === placeAgentId);
  if (use === undefined || placeAgentId === undefined) throw notFound('place agent', placeAgentId ?? '');
  return { id: { placeAgentId }, use };
}

async function refuseUnfit({ storage }: OperationParts, use: AgentTransition | PlaceAgent): Promise<void> {
  const references = referencesOf(use);
  const agents = await Promise.all(
    references.map(({ agentId, agentVersion }) => storage.agents.get(agentId, agentVersion)),
  );
  const known = new Map(references.map((reference, index) => [agentKey(reference), agents[index]]));
  const problems = checkRollout(use, { find: (reference) => known.get(agentKey(reference)), pointer: '' });
  if (problems.length > 0) throw validationFailed('The rollout', problems);
}

/** What fails, and who comes too late, is told by the sweep. */
async function told(parts: OperationParts): Promise<void> {
  const telling = tellPlaceAgentChanges(parts).catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, TELLING_MS);
  });
  await Promise.race([telling, enough]);
  clearTimeout(timer);
}
