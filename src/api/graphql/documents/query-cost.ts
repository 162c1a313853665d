import { getNamedType, isListType, isNonNullType, type GraphQLOutputType, type GraphQLSchema } from 'graphql';
import { getComplexity, type ComplexityEstimatorArgs } from 'graphql-query-complexity';

import { CircuitBreakerError } from '../../../core/errors.js';
import type { ReadOperation } from './known-documents.js';
import { MAX_FIRST } from '../pages.js';

/** As many fields as one answer may have. A page that shows 50 tokens with their histories has some 5,000. */
const MAX_FIELDS = 50_000;
/** The length that is assumed of a list that says nothing of its own: places, attempts, messages. */
const USUAL_LENGTH = 10;
/** Fields have few arguments: introspection asks for those of all. */
const USUAL_LENGTHS: Readonly<Record<string, number>> = { __InputValue: 3 };

/** Each is read whole, whatever is asked of it, and counts as ten fields. A list of them has the length of a page. */
const ENTITIES = new Set(['Agent', 'AgentExecution', 'Conversation', 'Token', 'TokenEvent', 'Workflow']);
const ENTITY_WEIGHT = 10;
const USUAL_PAGE = 50;

/** Each reads its input, asks Temporal or storage, and shows what it led to. */
const MUTATION_WEIGHT = 500;

/** What may be large counts as many fields. Token data: 256 KiB. Rules and mappings share what a definition may take. */
const TYPE_WEIGHTS: Readonly<Record<string, number>> = { JSON: 100, JSONSchema: 100, Rule: 10, StringMap: 10 };

/** Executions have up to 1 MiB in each, and so has an event, which is sent to many: nobody needs ten copies of it. */
const FIELD_WEIGHTS: Readonly<Record<string, number>> = {
  'AgentExecution.finalResponse': 150,
  'AgentExecution.input': 150,
  'AgentExecution.output': 150,
  'Agent.definition': 400,
  'AgentPrompts.contextInstructions': 100,
  'AgentPrompts.system': 100,
  'AgentPrompts.userTemplate': 100,
  'AgentStreamEvent.content': 5000,
  'AgentStreamEvent.finalResponse': 5000,
  'AgentStreamEvent.toolArguments': 5000,
  'AgentStreamEvent.toolResult': 5000,
  'Message.content': 40,
  'Message.toolCalls': 40,
  // Of 50,000 characters at the most.
  'Workflow.diagram': 200,
  'Workflow.definition': 400,
  // These compute: rules on a token, everything about a definition.
  'Query.availableTransitions': 100,
  'Query.validateWorkflow': 2500,
  'Token.transitions': 50,
  // All executions of the token, and of a span of time.
  'Token.cost': 500,
  'Query.usageReport': 20_000,
  'Query.rolloutReport': 20_000,
  'Mutation.createWorkflow': 2500,
  // Thousands of definitions.
  'Mutation.applyDefinitions': 20_000,
  // Small: previews of values, one rule, what a code goes with.
  'Blocker.actual': 1,
  'Blocker.rule': 1,
  'TokenEvent.details': 1,
};

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
  const message = `The query counts as ${cost} fields, and ${MAX_FIELDS} is the most: ask for fewer at once (\`first\`, also of lists within lists) or for less of each. What may be large counts as many.`;
  throw new CircuitBreakerError('GRAPHQL_VALIDATION_FAILED', message);
}

/** How many fields the answer may have for one of the document. */
function fields({ args, field, type, childComplexity }: ComplexityEstimatorArgs): number {
  const name = getNamedType(field.type).name;
  const usualWeight = type.name === 'Mutation' ? MUTATION_WEIGHT : 1;
  const itself = FIELD_WEIGHTS[`${type.name}.${field.name}`] ?? TYPE_WEIGHTS[name] ?? usualWeight;
  // The items of a connection are counted where its length is asked for.
  if (/(?:Connection|Edge)$/.test(type.name)) return itself + childComplexity;
  const isEntity = ENTITIES.has(name.replace(/Connection$/, ''));
  const usual = isEntity ? USUAL_PAGE : (USUAL_LENGTHS[name] ?? USUAL_LENGTH);
  const length = lengthOf(args['first']) ?? (isListOf(field.type) ? usual : 1);
  return itself + length * (childComplexity + (isEntity ? ENTITY_WEIGHT : 0));
}

/** What is out of range is refused where it is used. */
function lengthOf(first: unknown): number | undefined {
  return typeof first === 'number' ? Math.min(Math.max(first, 0), MAX_FIRST) : undefined;
}

function isListOf(type: GraphQLOutputType): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type);
}
