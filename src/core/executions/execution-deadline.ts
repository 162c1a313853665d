import { LONGEST_APPROVAL_SECONDS } from '../agents/approval-required.js';
import { MOST_FALLBACKS } from '../agents/agent.js';
import type { RetryConfig } from '../definitions/definition.js';
import { MAX_LOST_ATTEMPTS, retryLimits, worstPauseSeconds } from './turn-retry.js';

/** What an attempt may take beyond its own bound: storing what it has, and being found lost. */
const GRACE_SECONDS = 20;
/** Turns of an execution that is not known yet. */
const TURNS = 10;

/**
 * How long an execution may work before it ends itself: every attempt of every turn at each of its providers, with the pauses
 * between them, and those that may get lost with their workers. What it waits for people does not count.
 */
export function executionDeadlineSeconds(
  attemptSeconds: number,
  config: RetryConfig | undefined,
  providers = 1,
): number {
  const limits = retryLimits(config);
  const attempts = limits.maxAttempts * providers + MAX_LOST_ATTEMPTS;
  return Math.ceil(TURNS * (attempts * (attemptSeconds + GRACE_SECONDS) + worstPauseSeconds(limits) * providers));
}

/** How long an execution may take as a whole before Temporal itself ends it, whoever is alive: its work, with as many fallbacks as there may be, and all waiting. */
export function temporalDeadlineSeconds(attemptSeconds: number, config: RetryConfig | undefined): number {
  return executionDeadlineSeconds(attemptSeconds, config, 1 + MOST_FALLBACKS) + LONGEST_APPROVAL_SECONDS;
}
