import type { RetryConfig } from '../definitions/definition.js';
import { RETRIED_BY_DEFAULT, type ExecutionErrorCode } from '../codes.js';
import type { ModelErrorFacts } from './model-error.js';

/** How often one turn is tried, first attempt included, and after which errors. */
export interface RetryLimits {
  readonly maxAttempts: number;
  readonly backoffSeconds: number;
  readonly retryOnErrors: readonly string[];
}

const DEFAULT_BACKOFF_SECONDS = 2;
const BACKOFF_FACTOR = 2;
const MAX_BACKOFF_SECONDS = 60;
/** A provider that asks for a longer wait (a quota of the day is used up) has failed: an incident says so at once. */
const LONGEST_HONOURED_WAIT_SECONDS = 300;

/** How often a turn waits for a key: each wait is noted, so there is an end to them. */
const MOST_HELD_BACK = 60;

/** Attempts lost to dead workers do not count as failures, but a turn that keeps killing workers ends. */
export const MAX_LOST_ATTEMPTS = 5;

export function retryLimits(config: RetryConfig | undefined): RetryLimits {
  return {
    maxAttempts: config?.maxAttempts ?? 3,
    backoffSeconds: config?.backoffSeconds ?? DEFAULT_BACKOFF_SECONDS,
    retryOnErrors: config?.retryOnErrors ?? RETRIED_BY_DEFAULT,
  };
}

export type RetryVerdict = { readonly type: 'retry'; readonly delayMs: number } | { readonly type: 'give-up' };

/**
 * What to do after the nth failure of a turn (from 1). What the provider says of trying again outranks the limits, but the
 * backoff is the least wait: servers ask for none with every refusal, and that would use up all attempts at once.
 */
export function judgeFailure(
  limits: RetryLimits,
  failure: ModelErrorFacts & { readonly code: ExecutionErrorCode; readonly failures: number; readonly waits?: number },
): RetryVerdict {
  if (failure.heldBack === true) return judgeHeldBack(failure);
  const isFinal = failure.shouldRetry === false || !limits.retryOnErrors.includes(failure.code);
  if (isFinal || failure.failures >= limits.maxAttempts) return { type: 'give-up' };
  const asked = failure.retryAfterMs ?? 0;
  const delayMs = Math.max(asked > 0 ? asked : 0, backoffSeconds(limits, failure.failures) * 1000);
  return delayMs > LONGEST_HONOURED_WAIT_SECONDS * 1000 ? { type: 'give-up' } : { type: 'retry', delayMs };
}

/** Whether it is waited for keys that rest: nobody has refused anything yet, so the limits of the turn have no say. */
function judgeHeldBack({
  retryAfterMs: delayMs = 0,
  waits = 0,
}: ModelErrorFacts & { readonly waits?: number }): RetryVerdict {
  const isOver = delayMs > LONGEST_HONOURED_WAIT_SECONDS * 1000 || waits >= MOST_HELD_BACK;
  return isOver ? { type: 'give-up' } : { type: 'retry', delayMs };
}

/** All pauses of a turn that fails as often as it may, and whose provider asks for the longest wait each time. */
export function worstPauseSeconds(limits: RetryLimits): number {
  return Math.max(0, limits.maxAttempts - 1) * LONGEST_HONOURED_WAIT_SECONDS;
}

/** A backoff of 0 is the default one. */
function backoffSeconds(limits: RetryLimits, failures: number): number {
  const first = limits.backoffSeconds > 0 ? limits.backoffSeconds : DEFAULT_BACKOFF_SECONDS;
  return Math.min(first * BACKOFF_FACTOR ** (failures - 1), MAX_BACKOFF_SECONDS);
}
