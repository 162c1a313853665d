import { CircuitBreakerError, validationFailed } from '../../core/errors.js';
import type { Problem } from '../../core/json/problem.js';
import { isJsonObject, type JsonObject } from '../../core/json/json.js';
import { inexactNumberIn } from './documents/refuse-inexact-numbers.js';

/** What a client asks for, however it came: as a JSON body or in the address. */
export interface GraphqlRequest {
  readonly query: string;
  readonly variables?: JsonObject;
  readonly operationName?: string;
}

/** Reads a request, without turning one type into another. Throws VALIDATION_FAILED with every problem. */
export function readGraphqlRequest(body: unknown): GraphqlRequest {
  if (!isJsonObject(body)) throw problemsOf([['', 'the body is not a JSON object with a member `query`']]);
  const { query, variables, operationName, extensions } = body as Readonly<Record<string, unknown>>;
  const wrong: [string, string][] = [];
  if (typeof query !== 'string' && isPersistedQuery(extensions)) throw persistedQueryNotSupported();
  if (typeof query !== 'string') wrong.push(['/query', '`query` is missing or not a text']);
  if (!isObjectOrNothing(variables)) wrong.push(['/variables', '`variables` is not an object']);
  if (operationName != null && typeof operationName !== 'string')
    wrong.push(['/operationName', '`operationName` is not a text']);
  if (!isObjectOrNothing(extensions)) wrong.push(['/extensions', '`extensions` is not an object']);
  if (typeof query !== 'string' || wrong.length > 0) throw problemsOf(wrong);
  return {
    query,
    ...(variables == null ? {} : { variables: variables as JsonObject }),
    ...(typeof operationName === 'string' ? { operationName } : {}),
  };
}

/** The same request in an address, where `variables` and `extensions` are JSON texts. */
export function readGraphqlAddress(parameters: Readonly<Record<string, unknown>>): GraphqlRequest {
  const { variables, extensions, ...rest } = parameters;
  return readGraphqlRequest({
    ...rest,
    variables: fromText('variables', variables),
    extensions: fromText('extensions', extensions),
  });
}

function fromText(name: string, text: unknown): unknown {
  if (text === undefined || text === '') return undefined;
  if (typeof text !== 'string') return text;
  const read = parsedJson(name, text);
  const refusal = inexactNumberIn(text);
  if (refusal !== undefined) throw refusal;
  return read;
}

function parsedJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw problemsOf([[`/${name}`, `\`${name}\` is not JSON`]]);
  }
}

/** The hash of a document in place of it. A client that is told so in these very words sends the document from then on. */
function isPersistedQuery(extensions: unknown): boolean {
  return isJsonObject(extensions) && extensions['persistedQuery'] != null;
}

function persistedQueryNotSupported(): CircuitBreakerError {
  return new CircuitBreakerError('PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported');
}

function isObjectOrNothing(value: unknown): boolean {
  return value == null || isJsonObject(value);
}

function problemsOf(problems: readonly (readonly [pointer: string, message: string])[]): CircuitBreakerError {
  const list: Problem[] = problems.map(([pointer, message]) => ({ code: 'INVALID_VALUE', pointer, message }));
  return validationFailed('The GraphQL request', list);
}
