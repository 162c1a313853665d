import type { Budget } from '../../../core/agents/budget.js';
import { usdIn, type BudgetSum } from '../../../core/executions/budget-limit.js';
import type { ResolverContext } from '../context.js';

interface BudgetOfDay {
  readonly day: string;
  readonly spentUsd: number;
  readonly reservedUsd: number;
  readonly spentTokens: number;
  readonly reservedTokens: number;
}

/** What was spent today; null where there is no budget for days, and was none today. */
export async function budgetToday(
  { load, now }: Pick<ResolverContext, 'load' | 'now'>,
  scope: string,
  budget: Budget | undefined,
): Promise<BudgetOfDay | null> {
  const day = now().slice(0, 10);
  const sum = await load.budget({ scope, day });
  const isOfDays = budget?.maxCostUsdPerDay !== undefined || budget?.maxTokensPerDay !== undefined;
  return isOfDays || isUsed(sum) ? shown(sum, day) : null;
}

function isUsed({ spent, reserved }: BudgetSum): boolean {
  return spent.tokens + reserved.tokens > 0;
}

function shown({ spent, reserved }: BudgetSum, day: string): BudgetOfDay {
  return {
    day,
    spentUsd: usdIn(spent.nanoUsd),
    reservedUsd: usdIn(reserved.nanoUsd),
    spentTokens: spent.tokens,
    reservedTokens: reserved.tokens,
  };
}
