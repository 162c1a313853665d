import { budgetOwner, usdIn, type BudgetAmount, type BudgetLimit, type BudgetSum } from './budget-limit.js';
import { usdWords } from './usd-words.js';

/** Why a call was not made, and what to do. */
export function exceededMessage(limit: BudgetLimit, { spent, reserved }: BudgetSum, wanted: BudgetAmount): string {
  const { maxNanoUsd } = limit;
  const isOfUsd = maxNanoUsd !== undefined && spent.nanoUsd + reserved.nanoUsd + wanted.nanoUsd > maxNanoUsd;
  const words = isOfUsd
    ? { most: usd(maxNanoUsd), spent: usd(spent.nanoUsd), held: usd(reserved.nanoUsd), wanted: usd(wanted.nanoUsd) }
    : {
        most: `${limit.maxTokens ?? 0} tokens`,
        ...{ spent: `${spent.tokens}`, held: `${reserved.tokens}`, wanted: `${wanted.tokens}` },
      };
  const name = isOfUsd ? (limit.day === '' ? 'maxCostUsdPerExecution' : 'maxCostUsdPerDay') : 'maxTokensPerDay';
  const wait = limit.day === '' ? '' : ', or wait for the next day (UTC)';
  const advice = `Raise ${name}, or lower maxTokens${wait}; a token that has an incident by this then goes on with retryToken.`;
  // Whoever reads this of an execution may not know what other workflows spend by its agent.
  const left =
    budgetOwner(limit.scope).kind === 'agent'
      ? `what is spent and reserved (budgetToday) leaves less than the ${words.wanted} that this call may take`
      : `${words.spent} is spent, ${words.held} is reserved by calls under way, and this call may take ${words.wanted}`;
  return `${named(limit)} is ${words.most}: ${left}. ${advice}`;
}

/** Why nothing comes for a while. */
export function waitingMessage(limit: BudgetLimit): string {
  return `${named(limit)} is reserved by calls under way: this one waits for what they leave.`;
}

/** Said once, for who watches and for the log. */
export function nearlySpentMessage(limit: BudgetLimit): string {
  const { maxNanoUsd, maxTokens } = limit;
  const most = [
    ...(maxNanoUsd === undefined ? [] : [usd(maxNanoUsd)]),
    ...(maxTokens === undefined ? [] : [`${maxTokens} tokens`]),
  ];
  return `${named(limit)}, ${most.join(' and ')}, is spent to 80 %.`;
}

/** Why a call is not made whose cost nobody can tell. */
export function unpricedMessage(
  limit: BudgetLimit,
  { type, model }: { readonly type: string; readonly model: string },
) {
  return (
    `${named(limit)} is in US dollars, and no price of "${type}/${model}" is known: name it in PRICES_FILE of the workers, ` +
    `where 0 is a price, or limit tokens instead (maxTokensPerDay).`
  );
}

function named({ scope, day }: BudgetLimit): string {
  const { kind, id } = budgetOwner(scope);
  return kind === 'execution' ? 'The budget of this execution' : `The budget of ${kind} "${id}" for ${day}`;
}

function usd(nano: number): string {
  return usdWords(usdIn(nano));
}
