import { totalCost } from './cost.js';
import type { ModelAttempt } from './execution.js';

/** What was paid for model calls that left nothing: lost with a worker, failed, or cancelled. */
export interface Wasted {
  /** As far as providers had counted them. */
  readonly wastedTokens: number;
  /** Absent where something came of a call and nobody knows what it cost. */
  readonly wastedCostUsd?: number;
}

/** Of the attempts of an execution. Pure. */
export function wastedBy(attempts: readonly ModelAttempt[]): Wasted {
  const wasted = attempts.filter(({ outcome }) => outcome !== 'completed' && outcome !== 'running');
  const cost = totalCost(wasted.map(costOf));
  return {
    wastedTokens: wasted.reduce((sum, { usage }) => sum + (usage?.totalTokens ?? 0), 0),
    ...(cost === undefined ? {} : { wastedCostUsd: cost }),
  };
}

/** A call that was refused before a word came of it costs nothing. Of one that was lost nobody knows. */
function costOf({ outcome, usage, characters }: ModelAttempt): number | undefined {
  if (usage !== undefined) return usage.costUsd;
  return outcome === 'failed' && (characters ?? 0) === 0 ? 0 : undefined;
}
