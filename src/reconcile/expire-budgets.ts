import { LONGEST_APPROVAL_SECONDS } from '../core/agents/approval-required.js';
import type { Storage } from '../storage/storage.js';

const DAY_MS = 86_400_000;
/** How long the sums of a day are kept. */
const DAYS_KEPT = 7;
/** An execution waits for people between two of its calls, and then works on. */
const EXECUTIONS_KEPT = 2 * (LONGEST_APPROVAL_SECONDS / 86_400);

interface ExpiryParts {
  readonly storage: Pick<Storage, 'budgets'>;
  readonly now: () => string;
}

/** Gives back what calls reserved whose workers died for good, and removes the sums of days that nobody asks about any more. */
export async function expireBudgets({ storage, now }: ExpiryParts): Promise<void> {
  const at = now();
  const daysAgo = (days: number) => new Date(Date.parse(at) - days * DAY_MS).toISOString().slice(0, 10);
  await storage.budgets.expire(at);
  await storage.budgets.forget({ day: daysAgo(DAYS_KEPT), executionsSince: daysAgo(EXECUTIONS_KEPT) });
}
