import type { FastifyBaseLogger } from 'fastify';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';

import { ERROR_STATUS, type ErrorCode } from '../core/codes.js';
import { CircuitBreakerError } from '../core/errors.js';

/** The only place where errors become answers. What is not in the catalogue is logged whole and answered as INTERNAL. */

export interface ErrorAnswer {
  readonly status: number;
  readonly body: { readonly error: { readonly code: ErrorCode; readonly message: string } & Record<string, unknown> };
}

export interface RequestFacts {
  readonly id: string;
  readonly log: Pick<FastifyBaseLogger, 'error'>;
}

/** An HTTP answer outside GraphQL. */
export function httpError(error: unknown, request: RequestFacts): ErrorAnswer {
  const known = knownError(error, request);
  return {
    status: httpStatus(error, known.code),
    body: { error: { code: known.code, message: known.message, ...known.facts } },
  };
}

/** The status that an error is answered with over HTTP: of the server that refused the request, else of its code. */
export function httpStatus(error: unknown, code: ErrorCode): number {
  return code === 'INTERNAL' ? 500 : (refusalStatus(error) ?? ERROR_STATUS[code]);
}

/** What the headers of an answer say of an error, by its facts: when to come again, where that is known. */
export function errorHeaders({ retryAfterSeconds }: Readonly<Record<string, unknown>>): Record<string, string> {
  return typeof retryAfterSeconds === 'number' ? { 'retry-after': String(retryAfterSeconds) } : {};
}

type FormattedError = GraphQLFormattedError & { readonly extensions: { readonly code: ErrorCode } };

export function asGraphqlError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  const original = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(original.message, { originalError: original });
}

/** Each field of an answer may have failed, and all of them of the same. */
const MAX_ERRORS = 100;

/** The errors of a GraphQL answer: the first of very many. */
export function graphqlErrors(errors: readonly GraphQLError[], request: RequestFacts): readonly FormattedError[] {
  return errors.slice(0, MAX_ERRORS).map((error) => graphqlError(error, request));
}

/** An error of a GraphQL answer, with its code and facts as extensions. */
export function graphqlError(error: GraphQLError, request: RequestFacts): FormattedError {
  const { locations, path } = error;
  const place = { ...(locations === undefined ? {} : { locations }), ...(path === undefined ? {} : { path }) };
  const cause = error.originalError ?? error;
  const known = cause instanceof GraphQLError ? ofGraphql(cause) : knownError(cause, request);
  return { message: known.message, ...place, extensions: { code: known.code, ...known.facts } };
}

/** A request that GraphQL itself refuses: its text does not parse, or it does not fit the schema. */
function ofGraphql(error: GraphQLError): CircuitBreakerError {
  const code = error.message.startsWith('Syntax Error') ? 'GRAPHQL_PARSE_FAILED' : 'GRAPHQL_VALIDATION_FAILED';
  return new CircuitBreakerError(code, error.message);
}

function knownError(error: unknown, request: RequestFacts): CircuitBreakerError {
  if (error instanceof CircuitBreakerError) return error;
  const fromFastify = fastifyError(error);
  if (fromFastify !== undefined) return fromFastify;
  request.log.error({ err: error, requestId: request.id }, 'an error that is not in the catalogue');
  return new CircuitBreakerError(
    'INTERNAL',
    `Something went wrong on our side. The log has it under request ${request.id}.`,
  );
}

/** What Fastify and Mercurius say of a request before any of our code has seen it. */
function fastifyError(error: unknown): CircuitBreakerError | undefined {
  if (!(error instanceof Error)) return undefined;
  switch (refusalStatus(error)) {
    case undefined:
      return undefined;
    case 404:
      return new CircuitBreakerError('NOT_FOUND', 'There is nothing at this address.');
    case 408:
      return new CircuitBreakerError('REQUEST_TIMEOUT', error.message);
    case 413:
      return new CircuitBreakerError('PAYLOAD_TOO_LARGE', 'The request body is too large.');
    case 431:
      return new CircuitBreakerError('PAYLOAD_TOO_LARGE', error.message);
    default:
      return new CircuitBreakerError('VALIDATION_FAILED', error.message);
  }
}

/** A request that is refused before it says what it asks for, with the status that HTTP has for it. */
export function refusedWith(statusCode: number, message: string): Error {
  return Object.assign(new Error(message), { statusCode });
}

function refusalStatus(error: unknown): number | undefined {
  if (!(error instanceof Error && 'statusCode' in error)) return undefined;
  const status = Number(error.statusCode);
  return status >= 400 && status < 500 ? status : undefined;
}
