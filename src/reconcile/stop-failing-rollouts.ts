import { sideSum, type SideSum } from '../core/executions/side-sums.js';
import { executionsOfUse } from '../operations/executions-of-use.js';
import type { KeptRollout } from '../storage/rollout-store.js';
import type { Storage } from '../storage/storage.js';
import { tellTokens } from '../operations/tell-tokens.js';
import type { TemporalGateway } from '../temporal/temporal-gateway.js';

interface StopParts {
  readonly storage: Pick<Storage, 'rollouts' | 'executions' | 'tokens'>;
  readonly temporal: Pick<TemporalGateway, 'tellPlaceAgentsChanged'>;
  readonly now: () => string;
  /** Executions that began within so long count. */
  readonly alertWindowSeconds: number;
  readonly logger: { warn(facts: object, message: string): void };
}

/** Fewer that have ended say nothing of a share. */
const LEAST_ENDED = 5;
/** The newest within a window: more change little of a share. */
const MOST_EXECUTIONS = 1000;

/**
 * Turns agents off that fail more often than was allowed when they were brought in, and tells tokens: the next round tells them once more.
 * Says so in the log, and in what is kept. What somebody has said meanwhile stands.
 */
export async function stopFailingRollouts(parts: StopParts): Promise<void> {
  const { storage, now, logger, alertWindowSeconds: windowSeconds } = parts;
  for (const watched of await storage.rollouts.listWatched()) {
    const { workflowId, use, rollout, changedAt } = watched;
    const { completed, failed, errorRate, errors } = await sumOf(parts, watched);
    const ended = completed + failed;
    if (ended < LEAST_ENDED || (errorRate ?? 0) <= (rollout.maxErrorRate ?? 1)) continue;
    const codes = errors.map(({ code, executions }) => `${code} ${executions}`).join(', ');
    const stoppedBecause = `${failed} of ${ended} executions failed within ${windowSeconds} seconds: ${codes}`;
    const stopped: KeptRollout = { ...watched, rollout: { ...rollout, mode: 'off', stoppedBecause }, changedAt: now() };
    if (!(await storage.rollouts.set(stopped, changedAt))) continue;
    logger.warn({ workflowId, ...use }, `an agent was turned off, which was being brought in: ${stoppedBecause}`);
    await tellTokens(parts, workflowId);
  }
}

/** What the executions of a use came to since it was last said how far it is brought in, or since the window began. */
async function sumOf(parts: StopParts, { workflowId, use, changedAt }: KeptRollout): Promise<SideSum> {
  const begin = new Date(Date.parse(parts.now()) - parts.alertWindowSeconds * 1000).toISOString();
  const since = begin > changedAt ? begin : changedAt;
  const span = { workflowId, since, most: MOST_EXECUTIONS };
  return sideSum((await executionsOfUse(parts.storage.executions, use, span)).executions);
}
