import { ApplicationFailure, CancelledFailure, type Context } from '@temporalio/activity';

import { attemptErrorCode, type AttemptErrorCode } from '../core/codes.js';
import { ModelError } from '../core/executions/model-error.js';
import { wordsOfPassed, type PassedStop } from '../core/executions/provider-route.js';
import { usedKeys, type UsedKeys } from '../core/executions/used-keys.js';
import { judgeFailure, MAX_LOST_ATTEMPTS, type RetryLimits } from '../core/executions/turn-retry.js';
import { finalFailure } from '../contract/failures.js';
import { attemptsMade, type AttemptDetails } from './attempt-heartbeat.js';

/** Temporal takes a failure whose next retry is due in 0 ms for one that has no next retry. */
const SHORTEST_RETRY_MS = 1;

/** A turn whose attempts keep vanishing together with their workers ends: it is not paid for for ever. */
export function refuseLostTurn(context: Context, previous: AttemptDetails): void {
  const lost = attemptsMade(context, previous) - 1 - previous.failures - (previous.waits ?? 0);
  if (lost <= MAX_LOST_ATTEMPTS) return;
  const message = `${lost} attempts at this turn were lost with their workers; the document may be what kills them.`;
  throw finalFailure({ code: 'worker_lost', message });
}

/** What an attempt throws for what went wrong, and how it counts. */
export interface AttemptFailure {
  readonly failure: unknown;
  /** For the next attempt, and for the record. */
  readonly code: AttemptErrorCode;
  readonly message: string;
  /** Whether the provider failed: only that uses up the turn's attempts. */
  readonly counts: boolean;
  /** Which key it went to, where there are several. */
  readonly keys?: UsedKeys;
  /** No call was made: it is waited for a key. */
  readonly isHeldBack?: true;
  readonly providerRequestId?: string;
  /** Until the next attempt; absent: there is none. */
  readonly waitMs?: number;
  /** The stop at which the next attempt is made, where the turn leaves this one. */
  readonly nextAt?: number;
}

/** What came before an attempt. */
interface AttemptHistory {
  /** Failures of the same provider. */
  readonly failures: number;
  /** How often it was waited for a key. */
  readonly waits?: number;
  /** Where the turn goes whose provider has failed for good with such a code; absent: nowhere. */
  readonly next?: (code: AttemptErrorCode) => number | undefined;
  /** Whether the provider's breaker is open: it is not tried again where there is another one. */
  readonly isOpen?: boolean;
  /** The providers before this one. */
  readonly passed?: readonly PassedStop[];
}

/**
 * Whether an error is a defect, of ours or of a library: none of the errors that a model call is expected to end with.
 */
export function isUnforeseen(error: unknown): boolean {
  const kinds = [CancelledFailure, ApplicationFailure, ModelError];
  return !kinds.some((kind) => error instanceof kind);
}

/** A later attempt has claimed the turn: this one was taken for lost, and what it has to say comes too late. */
export class TurnTaken extends Error {
  override readonly name = 'TurnTaken';

  constructor(executionId: string, turn: number) {
    super(`A later attempt has turn ${turn} of execution "${executionId}".`);
  }
}

/**
 * Whether Temporal has given up this attempt: another attempt is due, or the execution was ended from outside. Which
 * of the two it is, is for those to say who know.
 */
export function isForgotten(error: unknown): boolean {
  return error instanceof TurnTaken || (error instanceof CancelledFailure && error.message === 'NOT_FOUND');
}

/** Judges an error that ended an attempt. */
export function judgeAttempt(error: unknown, limits: RetryLimits, history: AttemptHistory): AttemptFailure {
  if (error instanceof CancelledFailure) {
    const code = error.message === 'WORKER_SHUTDOWN' ? 'worker_shutdown' : 'cancelled';
    return { failure: error, code, message: error.message, counts: false };
  }
  if (error instanceof ApplicationFailure) {
    return { failure: error, code: attemptErrorCode(error.type), message: error.message, counts: false };
  }
  const { code, message, facts } = asModelError(error);
  const heldBack = facts.heldBack === true;
  const verdict = judgeFailure(limits, { code, waits: history.waits ?? 0, ...facts, failures: history.failures + 1 });
  const leaves = heldBack || verdict.type === 'give-up' || history.isOpen === true;
  const nextAt = leaves ? history.next?.(code) : undefined;
  const goesOn = verdict.type === 'retry' || nextAt !== undefined;
  const judged = {
    ...{ code, message, counts: !(heldBack && goesOn), keys: usedKeys(facts) },
    ...(heldBack && goesOn ? { isHeldBack: true as const } : {}),
    ...(facts.providerRequestId === undefined ? {} : { providerRequestId: facts.providerRequestId }),
  };
  // Whoever has a fallback does not wait for keys that rest.
  if (nextAt !== undefined) return { ...judged, failure: retried(code, message, 0), nextAt };
  if (verdict.type === 'retry')
    return { ...judged, failure: retried(code, message, verdict.delayMs), waitMs: verdict.delayMs };
  const all = `${message}${afterOthers(history.passed)}`;
  return { ...judged, failure: ApplicationFailure.create({ message: all, type: code, nonRetryable: true }) };
}

function retried(code: string, message: string, delayMs: number): ApplicationFailure {
  const nextRetryDelay = Math.max(delayMs, SHORTEST_RETRY_MS);
  return ApplicationFailure.create({ message, type: code, nonRetryable: false, nextRetryDelay });
}

/** The last of several providers has failed: the others are not to be forgotten. */
function afterOthers(passed: readonly PassedStop[] = []): string {
  return passed.length === 0 ? '' : ` This was the last fallback, after ${wordsOfPassed(passed)}.`;
}

/**
 * A defect in the middle of a call counts as the provider's failure: it must not be retried for ever. Its own words
 * stay in the log: they may quote anything, a header too.
 */
function asModelError(error: unknown): ModelError {
  if (error instanceof ModelError) return error;
  const name = error instanceof Error ? error.name : typeof error;
  return new ModelError('server', `The model call failed unexpectedly (${name}); the log of the worker says more.`);
}
