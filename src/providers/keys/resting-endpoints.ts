import { ModelError } from '../../core/executions/model-error.js';
import type { KeyMarkKind } from '../../storage/provider-key-store.js';
import type { Endpoints } from './endpoint.js';

const MOST_NAMED = 5;
/** Those who wait for the same moment come one after another. */
const SPREAD = 0.2;
const LONGEST_SPREAD_MS = 2_000;

/** No call was made, and none is to be made before `waitMs` are over. */
export function heldBack(endpoints: Endpoints, waitMs: number): ModelError {
  const spread = Math.min(waitMs * SPREAD, LONGEST_SPREAD_MS) * Math.random();
  const retryAfterMs = Math.ceil(waitMs + spread);
  const seconds = Math.ceil(waitMs / 1000);
  const what = `${hostsOf(endpoints)} limits the rate of calls: ${namesOf(endpoints)}.`;
  const message = `${what} ${endpoints.length > 1 ? 'The first of them' : 'It'} may be used again in ${seconds} s.`;
  return new ModelError('rate_limit', message, { retryAfterMs, heldBack: true });
}

export function allRefused(endpoints: Endpoints, kinds: readonly KeyMarkKind[]): ModelError {
  const advice = 'Check them, or give the worker others: one that works again is found within a minute.';
  if (!kinds.includes('auth')) {
    const message = `No key for ${hostsOf(endpoints)} has credit left: ${namesOf(endpoints)}. ${advice}`;
    return new ModelError('quota', message, { isUnasked: true });
  }
  const message = `${hostsOf(endpoints)} has refused every key: ${namesOf(endpoints)}. ${advice}`;
  return new ModelError('auth', message, { isUnasked: true });
}

function hostsOf(endpoints: Endpoints): string {
  return named([...new Set(endpoints.map(({ baseUrl }) => baseUrl.host))]);
}

function namesOf(endpoints: Endpoints): string {
  return named(endpoints.map(({ name }) => name));
}

function named(names: readonly string[]): string {
  const more = names.length > MOST_NAMED ? `; ${names.length - MOST_NAMED} more` : '';
  return `${names.slice(0, MOST_NAMED).join('; ')}${more}`;
}
