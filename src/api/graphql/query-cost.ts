import { isListType, isNonNullType, type GraphQLOutputType, type GraphQLSchema } from 'graphql';
import { getComplexity, type ComplexityEstimatorArgs } from 'graphql-query-complexity';

import { CircuitBreakerError } from '../../core/errors.js';
import type { ReadOperation } from './known-documents.js';
import { MAX_FIRST } from './pages.js';

/** As many fields as one answer may have. A page that shows 50 tokens with their histories has some 5,000. */
const MAX_FIELDS = 50_000;
/** What a list has that says nothing of its length: places, attempts, messages. */
const USUAL_LENGTH = 10;

/**
 * Throws GRAPHQL_VALIDATION_FAILED for a valid operation that may ask for more fields than an answer may have, and a
 * GraphQLError where its fragments multiply beyond counting, or its variables do not fit.
 */
export function refuseCostly(
  schema: GraphQLSchema,
  { document, operation }: ReadOperation,
  variables?: Readonly<Record<string, unknown>> | null,
): void {
  const cost = getComplexity({
    schema,
    query: document,
    // Of several, all have names; the library cannot look for one among those without.
    ...(operation.name === undefined ? {} : { operationName: operation.name.value }),
    variables: { ...variables },
    estimators: [fields],
  });
  if (cost <= MAX_FIELDS) return;
  const message = `The query asks for up to ${cost} fields, and ${MAX_FIELDS} is the most: ask for fewer at once (\`first\`) or for less of each.`;
  throw new CircuitBreakerError('GRAPHQL_VALIDATION_FAILED', message);
}

/** How many fields the answer may have for one of the document. */
function fields({ args, field, type, childComplexity }: ComplexityEstimatorArgs): number {
  const first: unknown = args['first'];
  // What is out of range is refused where it is used.
  if (typeof first === 'number') return 1 + Math.min(Math.max(first, 0), MAX_FIRST) * childComplexity;
  // The items of a connection were counted where its length was asked for.
  const isList = isListOf(field.type) && !type.name.endsWith('Connection');
  return 1 + (isList ? USUAL_LENGTH : 1) * childComplexity;
}

function isListOf(type: GraphQLOutputType): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type);
}
