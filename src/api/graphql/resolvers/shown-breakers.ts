import type { StoredBreaker } from '../../../storage/breaker-store.js';
import type { ProviderStatus } from '../../../providers/directory/provider-status.js';

/** A breaker as the API shows it. */
interface ShownBreaker {
  readonly model: string;
  readonly state: 'CLOSED' | 'OPEN' | 'HALF_OPEN';
  readonly failures?: number;
  readonly errorCode?: string;
  readonly since: string;
  readonly until?: string;
}

type ShownStatus = ProviderStatus & { readonly breaker: readonly ShownBreaker[] | null };

/**
 * Accounts with the breakers of their models, and behind them whatever else has failed often lately: servers that agents name
 * themselves. Null breakers: storage does not answer.
 */
export function withBreakers(
  statuses: readonly ProviderStatus[],
  breakers: readonly StoredBreaker[] | null,
  nowMs: number,
): readonly ShownStatus[] {
  if (breakers === null) return statuses.map((status) => ({ ...status, breaker: null }));
  const shownOf = (own: readonly StoredBreaker[]) => own.map((breaker) => shownBreaker(breaker, nowMs));
  const accounts = statuses.map((status) => ({
    ...status,
    breaker: shownOf(breakers.filter((breaker) => isOf(breaker, status))),
  }));
  const others = breakers.filter(
    (breaker) => breaker.state.type !== 'closed' && !statuses.some((status) => isOf(breaker, status)),
  );
  const places = new Set(others.map(placeOf));
  const own = [...places].map((place) => others.filter((breaker) => placeOf(breaker) === place));
  return [...accounts, ...own.flatMap((ofPlace) => statusOf(ofPlace, shownOf(ofPlace)))];
}

function placeOf({ key }: StoredBreaker): string {
  return `${key.provider} ${key.origin}`;
}

function isOf({ key }: StoredBreaker, { type, baseUrl }: ProviderStatus): boolean {
  return key.provider === type && key.origin === (baseUrl === undefined ? '' : new URL(baseUrl).origin);
}

function statusOf([first]: readonly StoredBreaker[], breaker: readonly ShownBreaker[]): readonly ShownStatus[] {
  if (first === undefined) return [];
  const { provider: type, origin: baseUrl } = first.key;
  const message = 'Failed often lately: agents that have a fallback go past it.';
  return [{ type, baseUrl, works: false, message, models: [], keys: [], breaker }];
}

function shownBreaker({ key, state, ageMs }: StoredBreaker, nowMs: number): ShownBreaker {
  const since = new Date(nowMs - ageMs).toISOString();
  const { model } = key;
  switch (state.type) {
    case 'closed':
      return { model, state: 'CLOSED', failures: state.failures, since };
    case 'open':
      return {
        ...{ model, state: 'OPEN', errorCode: state.code, since },
        until: new Date(nowMs - ageMs + state.forMs).toISOString(),
      };
    case 'half-open':
      return { model, state: 'HALF_OPEN', errorCode: state.code, since };
  }
}
