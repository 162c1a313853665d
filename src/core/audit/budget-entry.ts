import { budgetOwner, type BudgetLimit } from '../executions/budget-limit.js';
import { ACTIONS, ACTORS, type AuditEntry } from './audit-entry.js';

/** What is told of a day's budget that is nearly spent; undefined where it is an execution's. */
export function budgetEntry({ scope }: Pick<BudgetLimit, 'scope'>, time: string): AuditEntry | undefined {
  const { kind, id } = budgetOwner(scope);
  if (kind === 'execution') return undefined;
  const action = kind === 'agent' ? ACTIONS.agentBudget : ACTIONS.workflowBudget;
  return { time, actor: ACTORS.system, action, subject: id, outcome: 'ok' };
}
