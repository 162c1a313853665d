import { z } from 'zod';

import { LARGEST_BUDGET_TOKENS, LARGEST_BUDGET_USD, type Budget } from '../agents/budget.js';
import type { Problem } from '../json/problem.js';
import { shape } from './input-shape.js';
import { problemsOf } from './schema-problems.js';

/** What a budget looks like; whether its amounts are in range is said by `checkBudget`. */
export const budgetShape = shape({
  maxCostUsdPerExecution: z.number().exactOptional(),
  maxCostUsdPerDay: z.number().exactOptional(),
  maxTokensPerDay: z.number().exactOptional(),
});

const usd = z
  .number()
  .min(0, 'must not be negative')
  .max(LARGEST_BUDGET_USD, `must be at most ${LARGEST_BUDGET_USD} US dollars`)
  .optional();

const ranges = z.object({
  maxCostUsdPerExecution: usd,
  maxCostUsdPerDay: usd,
  maxTokensPerDay: z
    .number()
    .refine((tokens) => Number.isInteger(tokens), 'must be a whole number')
    .min(0, 'must not be negative')
    .max(LARGEST_BUDGET_TOKENS, `must be at most ${LARGEST_BUDGET_TOKENS}`)
    .optional(),
});

export function checkBudget(budget: Budget | undefined, pointer: string): readonly Problem[] {
  const checked = ranges.safeParse(budget ?? {});
  return checked.success ? [] : problemsOf(checked.error, { base: pointer });
}
