import type { Blocker } from './rules/blocker.js';
import type { JsonValue } from './json/json.js';
import type { Parsed } from './json/parsed.js';
import type { Problem } from './json/problem.js';

/**
 * Every code that an API answer can carry, with its HTTP status.
 * What is not in here is logged whole and answered as INTERNAL.
 */
export const ERROR_STATUS = {
  VALIDATION_FAILED: 400,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  TRANSITION_REFUSED: 409,
  TRANSITION_IN_PROGRESS: 409,
  VERSION_CONFLICT: 409,
  TOKEN_CLOSED: 409,
  TOKEN_TOO_LARGE: 413,
  IN_USE: 409,
  IDEMPOTENCY_MISMATCH: 409,
  PAYLOAD_TOO_LARGE: 413,
  GRAPHQL_PARSE_FAILED: 400,
  GRAPHQL_VALIDATION_FAILED: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  RATE_LIMITED: 429,
  UNAVAILABLE: 503,
  INTERNAL: 500,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

/** What goes with a code: problems of a validation, blockers of a refusal, or nothing. */
export interface ErrorFacts {
  readonly problems?: readonly Problem[];
  readonly blockers?: readonly Blocker[];
  readonly retryAfterSeconds?: number;
  readonly details?: JsonValue;
}

/** The one error of this product: a stable code, a message that says what to do, and facts. */
export class CircuitBreakerError extends Error {
  override readonly name = 'CircuitBreakerError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly facts: ErrorFacts = {},
  ) {
    super(message);
  }
}

export function notFound(what: string, id: string): CircuitBreakerError {
  return new CircuitBreakerError('NOT_FOUND', `There is no ${what} "${id}".`);
}

export function validationFailed(what: string, problems: readonly Problem[]): CircuitBreakerError {
  const first = problems[0];
  const rest = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  const hint =
    first === undefined ? '' : `: ${first.message}${first.pointer === '' ? '' : ` at ${first.pointer}`}${rest}`;
  return new CircuitBreakerError('VALIDATION_FAILED', `${what} is not valid${hint}`, { problems });
}

/** What was read from an input. Throws VALIDATION_FAILED with everything that is wrong with it. */
export function accepted<Value>(what: string, parsed: Parsed<Value>): Value {
  if ('value' in parsed) return parsed.value;
  throw validationFailed(what, parsed.problems);
}
