import { countedOutcomes, stopsRollout, type OutcomeCounts } from '../core/executions/outcome-counts.js';
import { pagesOf } from '../storage/pages.js';
import type { KeptRollout } from '../storage/rollout-store.js';
import type { Storage } from '../storage/storage.js';
import { tellTokens } from '../operations/tell-place-agent-changes.js';
import type { TemporalGateway } from '../temporal/temporal-gateway.js';

interface StopParts {
  readonly storage: Pick<Storage, 'rollouts' | 'executions' | 'tokens'>;
  readonly temporal: Pick<TemporalGateway, 'tellPlaceAgentsChanged'>;
  readonly now: () => string;
  /** Executions that began within so long count. */
  readonly alertWindowSeconds: number;
  readonly logger: { warn(facts: object, message: string): void };
}

const READ_AT_ONCE = 50;
/** The newest of one workflow within a window: more change little of a share. */
const MOST_EXECUTIONS = 1000;

/**
 * Turns agents off that fail more often than was allowed when they were brought in, and tells tokens: the next round tells them once more.
 * Says so in the log, and in what is kept. What somebody has said meanwhile stands.
 */
export async function stopFailingRollouts(parts: StopParts): Promise<void> {
  const { storage, now, logger, alertWindowSeconds: windowSeconds } = parts;
  for (const watched of await storage.rollouts.listWatched()) {
    const { workflowId, use, rollout, changedAt } = watched;
    const counts = await outcomesOf(parts, watched);
    if (!stopsRollout(counts, rollout.maxErrorRate)) continue;
    const codes = counts.codes.map(([code, count]) => `${code} ${count}`).join(', ');
    const stoppedBecause = `${counts.failed} of ${counts.ended} executions failed within ${windowSeconds} seconds: ${codes}`;
    const stopped: KeptRollout = { ...watched, rollout: { ...rollout, mode: 'off', stoppedBecause }, changedAt: now() };
    if (!(await storage.rollouts.set(stopped, changedAt))) continue;
    logger.warn({ workflowId, ...use }, `an agent was turned off, which was being brought in: ${stoppedBecause}`);
    await tellTokens(parts, workflowId);
  }
}

/** Of the executions of a use since it was last said how far it is brought in, or since the window began. */
async function outcomesOf(parts: StopParts, { workflowId, use, changedAt }: KeptRollout): Promise<OutcomeCounts> {
  const { storage, now, alertWindowSeconds: windowSeconds } = parts;
  const begin = new Date(Date.parse(now()) - windowSeconds * 1000).toISOString();
  const since = begin > changedAt ? begin : changedAt;
  const counts = countedOutcomes(use);
  let read = 0;
  for await (const page of pagesOf(
    (request) => storage.executions.list({ workflowId, since }, request),
    READ_AT_ONCE,
  )) {
    for (const execution of page) counts.add(execution);
    read += page.length;
    if (read >= MOST_EXECUTIONS) break;
  }
  return counts.total;
}
