import { CircuitBreakerError } from '../core/errors.js';
import { UsageSums, type UsagePart, type UsageRow, type UsageSum } from '../core/executions/usage-sums.js';
import type { ExecutionFilter, ExecutionStore } from '../storage/execution-store.js';
import type { PageRequest } from '../storage/page.js';
import { pagesOf } from '../storage/pages.js';

/** Of a span of time: as many executions as are read for one answer, and as many rows as it may have. */
const MOST_EXECUTIONS = 100_000;
const MOST_ROWS = 10_000;
const READ_AT_ONCE = 200;

export interface UsageSpan {
  /** RFC 3339, by the creation of executions: from this on. */
  readonly since: string;
  /** RFC 3339: before this. Absent: until now. */
  readonly until?: string;
  readonly by: readonly UsagePart[];
}

interface UsageParts {
  readonly storage: { readonly executions: Pick<ExecutionStore, 'listOutlines'> };
  /** Does a part of the computing, of which there may be too much. */
  readonly work: { run(work: () => void): Promise<void> };
}

/**
 * What the model calls of a span of time used, by agent, workflow, model and day, of the executions that are still kept. Throws
 * VALIDATION_FAILED where the span is none, or has too much for one answer.
 */
export async function usageReport(parts: UsageParts, { since, until, by }: UsageSpan): Promise<readonly UsageRow[]> {
  if (until !== undefined && until <= since) {
    throw new CircuitBreakerError('VALIDATION_FAILED', 'A report needs an `until` that is after its `since`.');
  }
  const filter = { since, ...(until === undefined ? {} : { before: until }) };
  return (await summed(parts, filter, by)).rows;
}

/** What all executions of a token used. */
export async function usageOfToken(parts: UsageParts, tokenId: string): Promise<UsageSum> {
  return (await summed(parts, { tokenId }, [])).total;
}

async function summed(
  { storage: { executions }, work }: UsageParts,
  filter: ExecutionFilter,
  by: readonly UsagePart[],
): Promise<UsageSums> {
  const sums = new UsageSums(by);
  const list = (page: PageRequest) => executions.listOutlines(filter, page);
  let read = 0;
  for await (const some of pagesOf(list, READ_AT_ONCE)) {
    await work.run(() => {
      for (const execution of some) sums.add(execution);
    });
    read += some.length;
    if (read > MOST_EXECUTIONS) throw tooMuch(`more than ${MOST_EXECUTIONS} executions`);
    if (sums.size > MOST_ROWS) throw tooMuch(`more than ${MOST_ROWS} rows`);
  }
  return sums;
}

function tooMuch(what: string): CircuitBreakerError {
  return new CircuitBreakerError(
    'VALIDATION_FAILED',
    `The report would have ${what}: ask for a shorter time, or keep fewer things apart.`,
  );
}
