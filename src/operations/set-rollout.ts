import type { AgentTransition, PlaceAgent } from '../core/definitions/definition.js';
import {
  FULL_ROLLOUT,
  inForce,
  isSameUse,
  type Rollout,
  type RolloutInForce,
  type VersionShare,
} from '../core/definitions/rollout.js';
import { CircuitBreakerError, validationFailed } from '../core/errors.js';
import { agentKey, referencesOf } from '../core/validation/check-definition.js';
import { checkRollout } from '../core/validation/check-rollout.js';
import type { KeptRollout } from '../storage/rollout-store.js';
import type { OperationParts } from './operation-parts.js';
import { tellTokens } from './tell-tokens.js';
import { usedIn, useIdOf, type NamedUse } from './used-in.js';

/** What is absent stays as it was said before, and null takes it away. */
export interface RolloutChange extends NamedUse, Pick<Rollout, 'mode' | 'percent'> {
  readonly maxErrorRate?: number | null;
  /** Taken away: as the definition says. */
  readonly agentVersions?: readonly VersionShare[] | null;
}

/** So long the answer waits for the tokens that live to be told; the others are told behind it. */
const TELLING_MS = 5000;

/**
 * Says how far the use of an agent is brought into a workflow: without a new version, for all versions, and for the tokens that live
 * from the next start of that agent on. Gives what holds then. Throws NOT_FOUND where the newest version has no such use, and VALIDATION_FAILED.
 */
export async function setRollout(parts: OperationParts, change: RolloutChange): Promise<RolloutInForce> {
  const { workflowId, mode, percent } = change;
  const { id, use } = await usedIn(parts, change);
  const before = (await parts.storage.rollouts.listForWorkflow(workflowId)).find((kept) => isSameUse(kept.use, id));
  const { maxErrorRate = before?.rollout.maxErrorRate, agentVersions = versionsOf(before, use.agentId) } = change;
  const rollout = { mode, percent, ...(maxErrorRate == null ? {} : { maxErrorRate }) };
  const versions = agentVersions == null ? {} : { agentVersions };
  await refuseUnfit(parts, { ...use, rollout, ...versions });
  const now = parts.now();
  const kept = { workflowId, use: id, agentId: use.agentId, rollout, ...versions, saidAt: now, changedAt: now };
  await parts.storage.rollouts.set(kept);
  await told(parts, workflowId);
  return inForce(rollout, kept.agentVersions ?? use.agentVersions);
}

/**
 * Takes back what was said of a use: it is as each version of the workflow says, for tokens that live from the next start of that agent
 * on. Gives how the newest version has it; whole where it has that use no more. Throws NOT_FOUND where it has no such use and nothing was
 * said of it. Safe to repeat.
 */
export async function clearRollout(parts: OperationParts, named: NamedUse): Promise<RolloutInForce> {
  const { workflowId } = named;
  const id = useIdOf(named);
  const kept = (await parts.storage.rollouts.listForWorkflow(workflowId)).some(({ use }) => isSameUse(use, id));
  const said = kept ? await rolloutOf(parts, named).catch(wholeWhereNone) : await rolloutOf(parts, named);
  await parts.storage.rollouts.clear(workflowId, id);
  await told(parts, workflowId);
  return said;
}

async function rolloutOf(parts: OperationParts, named: NamedUse): Promise<RolloutInForce> {
  const { rollout = FULL_ROLLOUT, agentVersions } = (await usedIn(parts, named)).use;
  return inForce(rollout, agentVersions);
}

function wholeWhereNone(error: unknown): Rollout {
  if (error instanceof CircuitBreakerError && error.code === 'NOT_FOUND') return FULL_ROLLOUT;
  throw error;
}

/** Of another agent they would be somebody else's. */
function versionsOf(before: KeptRollout | undefined, agentId: string): KeptRollout['agentVersions'] {
  return before?.agentId === agentId ? before.agentVersions : undefined;
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
async function told(parts: OperationParts, workflowId: string): Promise<void> {
  const telling = tellTokens(parts, workflowId).catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, TELLING_MS);
  });
  await Promise.race([telling, enough]);
  clearTimeout(timer);
}
