import type { ClientErrorCode, ErrorCode } from '../core/codes.js';
import type { ErrorFacts } from '../core/errors.js';

/** Of the API's catalogue; a newer server may send codes that are not in it yet. */
export type ApiErrorCode = ErrorCode | (string & {});

type Blocker = NonNullable<ErrorFacts['blockers']>[number];
type Problem = NonNullable<ErrorFacts['problems']>[number];

/** One reason why a transition was refused. */
export type ApiBlocker = Omit<Blocker, 'code'> & { readonly code: Blocker['code'] | (string & {}) };

/** Something wrong in an input. */
export type ApiProblem = Omit<Problem, 'code'> & { readonly code: Problem['code'] | (string & {}) };

/**
 * What the API says of an error beside its message: `extensions` of GraphQL, the `error` of other answers. `problems`
 * come with VALIDATION_FAILED, `blockers` with TRANSITION_REFUSED and MIGRATION_REFUSED, `retryAfterSeconds` with RATE_LIMITED and UNAVAILABLE.
 * The id under which the log has an INTERNAL one is in the message.
 */
export interface ApiErrorFacts extends Omit<ErrorFacts, 'blockers' | 'problems'> {
  readonly code: ApiErrorCode;
  readonly problems?: readonly ApiProblem[];
  readonly blockers?: readonly ApiBlocker[];
}

/**
 * Whether this is what the API says of an error, e.g. the `extensions` that a GraphQL client gives. True for whatever
 * has a code.
 *
 * @example
 * ```ts
 * import { isApiError } from 'circuit-breaker/client';
 *
 * export function whatBlocks(error: { readonly extensions?: unknown }): readonly string[] {
 *   if (!isApiError(error.extensions) || error.extensions.code !== 'TRANSITION_REFUSED') return [];
 *   return (error.extensions.blockers ?? []).map(({ message }) => message);
 * }
 * ```
 */
export function isApiError(extensions: unknown): extensions is ApiErrorFacts {
  return (
    typeof extensions === 'object' && extensions !== null && 'code' in extensions && typeof extensions.code === 'string'
  );
}

/**
 * Why a stream cannot be watched: coming again would not help.
 *
 * @example
 * ```ts
 * import { StreamError, watchExecution } from 'circuit-breaker/client';
 *
 * try {
 *   await watchExecution({ url: 'http://127.0.0.1:4000', executionId: 'nobody' }).finished();
 * } catch (error) {
 *   if (!(error instanceof StreamError)) throw error;
 *   console.log(error.code === 'NOT_FOUND' ? 'There is no such execution.' : error.message);
 * }
 * ```
 */
export class StreamError extends Error {
  override readonly name = 'StreamError';

  constructor(
    /** As the API says it, e.g. `NOT_FOUND`. `UNEXPECTED_ANSWER`: something else answers at the address, or in between. */
    readonly code: ApiErrorCode | ClientErrorCode,
    message: string,
    readonly facts: Partial<ApiErrorFacts> = {},
  ) {
    super(message);
  }
}

/** Reads the body of an answer that is an error; one that is not of the API is unexpected. */
export async function readStreamError(response: Response, url: string): Promise<StreamError> {
  const error = await errorIn(response);
  if (!isApiError(error) || !('message' in error && typeof error.message === 'string'))
    return unexpectedAnswer(response, url);
  return new StreamError(error.code, error.message, error);
}

async function errorIn(response: Response): Promise<unknown> {
  try {
    const body: unknown = await response.json();
    return typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined;
  } catch {
    return undefined;
  }
}

export function unexpectedAnswer({ status, headers }: Response, url: string): StreamError {
  const received = `${status} with ${headers.get('content-type') ?? 'no content type'}`;
  const message = `${url} answered ${received}, which is not what this API sends: check the url, and what is in between.`;
  return new StreamError('UNEXPECTED_ANSWER', message);
}
