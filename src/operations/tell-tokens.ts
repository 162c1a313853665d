import { CircuitBreakerError } from '../core/errors.js';
import type { PageRequest } from '../storage/page.js';
import { pagesOf } from '../storage/pages.js';
import type { Storage } from '../storage/storage.js';
import type { TemporalGateway } from '../temporal/temporal-gateway.js';

interface TellingParts {
  readonly storage: Pick<Storage, 'tokens'>;
  readonly temporal: Pick<TemporalGateway, 'tellPlaceAgentsChanged'>;
}

/** So many are read together, each of up to half a megabyte, and signalled at once. */
const TOKENS_AT_ONCE = 20;

/**
 * Tells every active token of a workflow that its place agents or its rollouts have changed; then throws what kept it from telling some. A
 * token that is told twice looks twice.
 */
export async function tellTokens({ storage, temporal }: TellingParts, workflowId: string): Promise<void> {
  const untold: Error[] = [];
  const list = (page: PageRequest) => storage.tokens.list({ workflowId, status: 'ACTIVE' }, page);
  for await (const tokens of pagesOf(list, TOKENS_AT_ONCE)) {
    const ids = tokens.map(({ id }) => id);
    untold.push(...(await tellSome(temporal, ids)));
  }
  const [first] = untold;
  if (first !== undefined) throw first;
}

/** Resolves with what went wrong with single tokens. Where Temporal is away it is so for all. */
async function tellSome(temporal: TellingParts['temporal'], ids: readonly string[]): Promise<readonly Error[]> {
  const told = await Promise.allSettled(ids.map((id) => temporal.tellPlaceAgentsChanged(id)));
  const failures = told.flatMap((one) => (one.status === 'rejected' ? [asError(one.reason)] : []));
  const away = failures.find((error) => error instanceof CircuitBreakerError && error.code === 'UNAVAILABLE');
  if (away !== undefined) throw away;
  return failures;
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
