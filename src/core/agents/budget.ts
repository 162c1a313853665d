/**
 * What may be spent, of an agent or of a workflow; what is absent is not limited. That of the newest version holds for all
 * versions: raising it lets what was refused go on.
 */
export interface Budget {
  /** In US dollars, of all model calls of one execution. */
  readonly maxCostUsdPerExecution?: number;
  /** In US dollars. A day is one of UTC. */
  readonly maxCostUsdPerDay?: number;
  /** Of prompts and answers together. */
  readonly maxTokensPerDay?: number;
}

/** So much can still be counted to the billionth. */
export const LARGEST_BUDGET_USD = 1_000_000;
export const LARGEST_BUDGET_TOKENS = 1_000_000_000_000;
