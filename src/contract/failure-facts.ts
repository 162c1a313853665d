import { ApplicationFailure } from '@temporalio/common';

import type { BlockerCode, ErrorCode, ExecutionErrorCode, ProblemCode } from '../core/codes.js';
import type { ErrorFacts } from '../core/errors.js';

/** Codes are added in time, and a worker may be newer than the program that reads them. */
type Open<Code extends string> = Code | (string & {});

/** What a failure says of ours: of a token, of an execution, or of an update that was rejected. */
export interface FailureFacts {
  readonly code: Open<ErrorCode | ExecutionErrorCode>;
  readonly message: string;
  /** With `VALIDATION_FAILED`: what is wrong, by its places in what was sent. */
  readonly problems: readonly {
    readonly code: Open<ProblemCode>;
    readonly pointer: string;
    readonly message: string;
  }[];
  /** With `TRANSITION_REFUSED` and its like: everything that keeps the transition from firing. */
  readonly blockers: readonly { readonly code: Open<BlockerCode>; readonly message: string }[];
  /** Seconds; with `RATE_LIMITED`. */
  readonly retryAfterSeconds?: number;
}

/**
 * What an error of a Temporal client says, if it came from a token or an execution; undefined where it did not, as when Temporal
 * cannot be reached.
 *
 * @example
 * ```ts
 * import { Client } from '@temporalio/client';
 * import { failureFacts, fireUpdate } from 'circuit-breaker';
 *
 * const handle = new Client().workflow.getHandle('doc-42');
 * try {
 *   await handle.executeUpdate(fireUpdate, { args: [{ transitionId: 'publish' }] });
 * } catch (error) {
 *   const refused = failureFacts(error);
 *   if (refused?.code !== 'TRANSITION_REFUSED') throw error;
 *   for (const { code, message } of refused.blockers) console.log(code, message);
 * }
 * ```
 */
export function failureFacts(error: unknown): FailureFacts | undefined {
  const failure = applicationFailureIn(error);
  if (failure?.type == null) return undefined;
  const [facts] = (failure.details ?? []) as readonly (ErrorFacts | null | undefined)[];
  const { problems = [], blockers = [], retryAfterSeconds } = facts ?? {};
  const wait = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  return { code: failure.type, message: failure.message, problems, blockers, ...wait };
}

/** Temporal's client wraps what a workflow said in errors of its own. */
function applicationFailureIn(error: unknown): ApplicationFailure | undefined {
  if (error instanceof ApplicationFailure) return error;
  return error instanceof Error ? applicationFailureIn(error.cause) : undefined;
}
