import { GraphQLScalarType, Kind, valueFromASTUntyped, type ValueNode } from 'graphql';

import { CircuitBreakerError } from '../../core/errors.js';
import { readDateTime } from '../../core/json/date-time.js';
import { hiddenInexactInteger } from '../../core/json/inexact-integer.js';
import { isJsonObject } from '../../core/json/json.js';

/** Values that GraphQL passes on as they are; what they may be is checked where they are used. */
export const scalars = {
  JSON: anyJson('JSON'),
  Rule: anyJson('Rule'),
  JSONSchema: anyJson('JSONSchema'),
  StringMap: anyJson('StringMap', isStringMap),
  DateTime: dateTime(),
};

function anyJson(name: string, isValid: (value: unknown) => boolean = () => true): GraphQLScalarType {
  const checked = (value: unknown): unknown => {
    if (isValid(value)) return value;
    throw new CircuitBreakerError('GRAPHQL_VALIDATION_FAILED', `This is not a ${name}.`);
  };
  return new GraphQLScalarType({
    name,
    serialize: (value) => value,
    parseValue: checked,
    parseLiteral: (node, variables) => checked(literal(node, variables)),
  });
}

/** Comes in with any offset and is passed on in UTC, so that texts compare as moments do. */
function dateTime(): GraphQLScalarType {
  const read = (value: unknown): unknown => {
    const moment = typeof value === 'string' ? readDateTime(value) : undefined;
    if (moment !== undefined) return moment;
    throw new CircuitBreakerError(
      'GRAPHQL_VALIDATION_FAILED',
      'This is not a DateTime: write it as RFC 3339 has it, with an offset, like 2026-01-31T09:30:00Z.',
    );
  };
  return new GraphQLScalarType({
    name: 'DateTime',
    serialize: (value) => value,
    parseValue: read,
    parseLiteral: (node) => read(node.kind === Kind.STRING ? node.value : undefined),
  });
}

/** Objects made of literals have no prototype; what compares or spreads them expects plain ones. */
function literal(node: ValueNode, variables?: Record<string, unknown> | null): unknown {
  if (node.kind === Kind.OBJECT) {
    return Object.fromEntries(node.fields.map(({ name, value }) => [name.value, literal(value, variables)]));
  }
  if (node.kind === Kind.LIST) return node.values.map((value) => literal(value, variables));
  if (node.kind === Kind.INT && hiddenInexactInteger(node.value) !== undefined)
    throw new CircuitBreakerError('GRAPHQL_VALIDATION_FAILED', 'This number would lose digits: send it as text.');
  return valueFromASTUntyped(node, variables);
}

function isStringMap(value: unknown): boolean {
  return isJsonObject(value) && Object.values(value).every((member) => typeof member === 'string');
}
