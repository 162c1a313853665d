import type { Budget } from '../agents/budget.js';

/** What model calls take: whole numbers, so that what is given back leaves nothing behind. */
export interface BudgetAmount {
  /** Billionths of a US dollar. */
  readonly nanoUsd: number;
  readonly tokens: number;
}

/** A sum that calls add to. */
export interface BudgetKey {
  /** Whose: one of `budgetScopes`. */
  readonly scope: string;
  /** YYYY-MM-DD, UTC; empty: of all days. */
  readonly day: string;
}

/** How much a sum may be; what is absent is not limited. */
export interface BudgetLimit extends BudgetKey {
  readonly maxNanoUsd?: number;
  readonly maxTokens?: number;
}

/** What was spent, and what calls under way may still spend. */
export interface BudgetSum {
  readonly spent: BudgetAmount;
  readonly reserved: BudgetAmount;
}

export const NOTHING_SPENT: BudgetSum = { spent: { nanoUsd: 0, tokens: 0 }, reserved: { nanoUsd: 0, tokens: 0 } };

/** The part of a day's budget whose end is told once. */
const TOLD_AT_PERCENT = 80;

export const budgetScopes = {
  agent: (id: string) => `agent/${id}`,
  workflow: (id: string) => `workflow/${id}`,
  execution: (id: string) => `execution/${id}`,
} as const;

export interface BudgetOwner {
  readonly kind: keyof typeof budgetScopes;
  readonly id: string;
}

/** Whose sum it is, by what `budgetScopes` gave. */
export function budgetOwner(scope: string): BudgetOwner {
  const end = scope.indexOf('/');
  const [kind, id] = [scope.slice(0, end), scope.slice(end + 1)];
  return { kind: kind === 'agent' || kind === 'workflow' ? kind : 'execution', id };
}

/** What one call belongs to, with the budgets that hold for it. */
export interface BudgetedCall {
  readonly executionId: string;
  readonly agent: { readonly id: string; readonly budget?: Budget };
  readonly workflow?: { readonly id: string; readonly budget?: Budget };
  readonly day: string;
}

/** Every sum that a call counts in, in the order in which all of them are locked. Empty: it has no budget. */
export function limitsOf({ executionId, agent, workflow, day }: BudgetedCall): readonly BudgetLimit[] {
  const perExecution = [agent.budget?.maxCostUsdPerExecution, workflow?.budget?.maxCostUsdPerExecution];
  const limits = [
    ...limitOfDay({ scope: budgetScopes.agent(agent.id), day }, agent.budget),
    ...limitOfExecution(executionId, perExecution),
    ...(workflow === undefined ? [] : limitOfDay({ scope: budgetScopes.workflow(workflow.id), day }, workflow.budget)),
  ];
  return limits.toSorted((one, other) => (one.scope < other.scope ? -1 : 1));
}

function limitOfDay(key: BudgetKey, { maxCostUsdPerDay, maxTokensPerDay }: Budget = {}): readonly BudgetLimit[] {
  if (maxCostUsdPerDay === undefined && maxTokensPerDay === undefined) return [];
  return [
    {
      ...key,
      ...(maxCostUsdPerDay === undefined ? {} : { maxNanoUsd: nanoUsdIn(maxCostUsdPerDay, 'at most') }),
      ...(maxTokensPerDay === undefined ? {} : { maxTokens: maxTokensPerDay }),
    },
  ];
}

function limitOfExecution(executionId: string, amounts: readonly (number | undefined)[]): readonly BudgetLimit[] {
  const set = amounts.filter((amount) => amount !== undefined);
  if (set.length === 0) return [];
  const maxNanoUsd = nanoUsdIn(Math.min(...set), 'at most');
  return [{ scope: budgetScopes.execution(executionId), day: '', maxNanoUsd }];
}

/** How a sum takes one more call: `later` where it would fit, had the calls under way spent nothing. */
export type BudgetFit = 'fits' | 'later' | 'exceeded';

/** Judges one call by one sum. Whatever the calls under way come to, no sum goes beyond its limit by more than they were underestimated. */
export function fitIn(
  { maxNanoUsd = Infinity, maxTokens = Infinity }: BudgetLimit,
  { spent, reserved }: BudgetSum,
  wanted: BudgetAmount,
): BudgetFit {
  const over = (held: BudgetAmount) =>
    spent.nanoUsd + held.nanoUsd + wanted.nanoUsd > maxNanoUsd ||
    spent.tokens + held.tokens + wanted.tokens > maxTokens;
  if (!over(reserved)) return 'fits';
  return over(NOTHING_SPENT.reserved) ? 'exceeded' : 'later';
}

/** What a call does not fit in, with how that stands: what it cannot fit in comes before what it may fit in later. Undefined: it fits. */
export function unfitLimit<Sum extends BudgetSum>(
  judged: readonly { readonly limit: BudgetLimit; readonly sum: Sum }[],
  wanted: BudgetAmount,
): { readonly type: Exclude<BudgetFit, 'fits'>; readonly limit: BudgetLimit; readonly sum: Sum } | undefined {
  const unfit = judged.flatMap(({ limit, sum }) => {
    const type = fitIn(limit, sum, wanted);
    return type === 'fits' ? [] : [{ type, limit, sum }];
  });
  return unfit.find(({ type }) => type === 'exceeded') ?? unfit[0];
}

/** Whether so much is spent of it that it is told. What was to cost nothing has nothing to tell. */
export function isNearlySpent({ maxNanoUsd, maxTokens }: BudgetLimit, spent: BudgetAmount): boolean {
  return nearly(maxNanoUsd, spent.nanoUsd) || nearly(maxTokens, spent.tokens);
}

function nearly(most: number | undefined, spent: number): boolean {
  // In whole numbers: 0.8 is none of binary fractions.
  return most !== undefined && spent > 0 && spent * 100 >= most * TOLD_AT_PERCENT;
}

/** What is spent is rounded up, and what may be spent down: a call costs a billionth of a dollar too much at most. */
export function nanoUsdIn(usd: number, how: 'at least' | 'at most'): number {
  // Behind so many places is the noise of binary fractions: 0.29 is 289999999.99999997 billionths.
  const nano = Number((usd * 1e9).toPrecision(15));
  return how === 'at least' ? Math.ceil(nano) : Math.floor(nano);
}

export function usdIn(nanoUsd: number): number {
  return nanoUsd / 1e9;
}
