import type { AgentUseId } from '../definitions/rollout.js';
import type { AgentExecution } from './execution.js';

/** How the executions of one use of an agent ended, of those that ended well or not. */
export interface OutcomeCounts {
  readonly ended: number;
  readonly failed: number;
  /** The most frequent first. */
  readonly codes: readonly (readonly [code: string, count: number])[];
}

/** Fewer say nothing of a share. */
const LEAST_ENDED = 5;

/** Whether so many failed that an agent is to be turned off. */
export function stopsRollout({ ended, failed }: OutcomeCounts, maxErrorRate: number | undefined): boolean {
  return maxErrorRate !== undefined && ended >= LEAST_ENDED && failed / ended > maxErrorRate;
}

type Counted = Pick<AgentExecution, 'status' | 'errorCode' | 'transitionId' | 'placeAgentId'>;

/** Counts what it is given of a use; others are passed by, and so are those that were cancelled or have not ended. */
export function countedOutcomes(use: AgentUseId): { add(execution: Counted): void; readonly total: OutcomeCounts } {
  const codes = new Map<string, number>();
  let ended = 0;
  let failed = 0;
  return {
    add(execution) {
      if (!isOf(execution, use)) return;
      const { status, errorCode = 'server' } = execution;
      const hasFailed = status === 'FAILED' || status === 'TIMEOUT';
      if (hasFailed || status === 'COMPLETED') ended += 1;
      if (!hasFailed) return;
      failed += 1;
      codes.set(errorCode, (codes.get(errorCode) ?? 0) + 1);
    },
    get total() {
      return { ended, failed, codes: [...codes].sort(([, one], [, other]) => other - one) };
    },
  };
}

/** Whether an execution ran for a use. */
export function isOf(
  { transitionId, placeAgentId }: Pick<Counted, 'transitionId' | 'placeAgentId'>,
  use: AgentUseId,
): boolean {
  return 'transitionId' in use ? transitionId === use.transitionId : placeAgentId === use.placeAgentId;
}
