import { LONGEST_APPROVAL_SECONDS } from '../agents/approval-required.js';
import type { RetryConfig } from '../definitions/definition.js';
import { MAX_LOST_ATTEMPTS, retryLimits, worstPauseSeconds } from './turn-retry.js';

/** What an attempt may take beyond its own bound: storing what it has, and being found lost. */
const GRACE_SECONDS = 20;
/** Turns of an execution that is not known yet. */
const TURNS = 10;

/**
 * How long an execution may work before it ends itself: every attempt of every turn, with the pauses between them, and those
 * that may get lost with their workers. What it waits for people does not count.
 */
export function executionDeadlineSeconds(attemptSeconds: number, config: RetryConfig | undefined): number {
  const limits = retryLimits(config);
  const attempts = limits.maxAttempts + MAX_LOST_ATTEMPTS;
  return Math.ceil(TURNS * (attempts * (attemptSeconds + GRACE_SECONDS) + worstPauseSeconds(limits)));
}

/** How long an execution may take as a whole before Temporal itself ends it, whoever is alive: its work, and all waiting. */
export function temporalDeadlineSeconds(attemptSeconds: number, config: RetryConfig | undefined): number {
  return executionDeadlineSeconds(attemptSeconds, config) + LONGEST_APPROVAL_SECONDS;
}
