import type { ErrorCode } from './codes.js';
import type { Blocker } from './rules/blocker.js';
import type { JsonValue } from './json/json.js';
import { firstProblems } from './json/first-problems.js';
import type { Parsed } from './json/parsed.js';
import { shortened } from './json/shortened.js';
import type { Problem } from './json/problem.js';
import { wellFormed } from './json/well-formed-text.js';

/** What goes with a code: problems of a validation, blockers of a refusal, or nothing. */
export interface ErrorFacts {
  readonly problems?: readonly Problem[];
  readonly blockers?: readonly Blocker[];
  readonly retryAfterSeconds?: number;
  readonly details?: JsonValue;
}

/** More than any message of ours has: what it quotes of an input is cut. */
const MAX_MESSAGE = 4000;

/** A text as the message of an error: it can be stored and sent, whatever it quotes. */
export function storableMessage(text: string): string {
  return shortened(wellFormed(text.slice(0, MAX_MESSAGE + 1)), MAX_MESSAGE);
}

/** What was thrown, which may be anything, in words of any length. Never throws. */
export function wordsOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return 'something was thrown that says nothing';
  }
}

/** The one error of this product: a stable code, a message that says what to do, and facts. */
export class CircuitBreakerError extends Error {
  override readonly name = 'CircuitBreakerError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly facts: ErrorFacts = {},
  ) {
    super(storableMessage(message));
  }
}

/** Whether a backend does not answer, which is nothing that is wrong with what it was asked for. */
export function isAway(error: unknown): boolean {
  return error instanceof CircuitBreakerError && error.code === 'UNAVAILABLE';
}

/** What was asked for may be no id at all. */
const MAX_SHOWN_ID = 250;

export function notFound(what: string, id: string): CircuitBreakerError {
  return new CircuitBreakerError('NOT_FOUND', `There is no ${what} "${shortened(id, MAX_SHOWN_ID)}".`);
}

/** However many problems were found: as many are told as anybody reads. */
export function validationFailed(what: string, found: readonly Problem[]): CircuitBreakerError {
  const problems = firstProblems(found);
  const first = problems[0];
  const rest = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  const hint =
    first === undefined ? '' : `: ${first.message}${first.pointer === '' ? '' : ` at ${first.pointer}`}${rest}`;
  return new CircuitBreakerError('VALIDATION_FAILED', `${what} is not valid${hint}`, { problems });
}

interface BadVariable {
  /** Of the variable. */
  readonly name: string;
  /** Names it as well, and says what to do. */
  readonly message: string;
}

/** VALIDATION_FAILED for what the environment has, with a line for each. */
export function badVariables(found: readonly BadVariable[]): CircuitBreakerError {
  const problems = found.map(({ name, message }): Problem => ({ code: 'BAD_VARIABLE', pointer: `/${name}`, message }));
  return new CircuitBreakerError('VALIDATION_FAILED', found.map(({ message }) => message).join('\n'), { problems });
}

/** What was read from an input. Throws VALIDATION_FAILED with everything that is wrong with it. */
export function accepted<Value>(what: string, parsed: Parsed<Value>): Value {
  if ('value' in parsed) return parsed.value;
  throw validationFailed(what, parsed.problems);
}
