import { buildSchema, isEnumType, isObjectType, type GraphQLNamedType } from 'graphql';
import { describe, expect, it } from 'vitest';

import { loadSchema } from '../../../src/api/graphql/load-schema.js';
import { PROVIDER_TYPES } from '../../../src/core/agents/agent.js';
import * as codes from '../../../src/core/codes.js';
import { STREAM_EVENT_TYPES } from '../../../src/core/streams/stream-event.js';

const schema = buildSchema(loadSchema());

/** As the descriptions list them. */
function listed(words: readonly string[]): string {
  return words.length === 1 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${String(words.at(-1))}`;
}

function fieldDescription(type: string, field: string): string {
  const found = schema.getType(type);
  return (isObjectType(found) ? found.getFields()[field]?.description : undefined) ?? '';
}

/** All that a type says of itself and of its fields or values. */
function descriptionsOf(type: GraphQLNamedType): readonly string[] {
  const parts = isEnumType(type) ? type.getValues() : isObjectType(type) ? Object.values(type.getFields()) : [];
  return [type, ...parts].map(({ description }) => description ?? '');
}

describe('the schema of the API', () => {
  it.each([
    ['Blocker', 'code', codes.BLOCKER_CODES],
    ['MigrationBlocker', 'code', codes.MIGRATION_BLOCKER_CODES],
    ['ModelAttempt', 'outcome', codes.ATTEMPT_OUTCOMES],
    ['ModelAttempt', 'errorCode', codes.LOST_ATTEMPT_CODES],
    ['Incident', 'code', codes.TOKEN_INCIDENT_CODES],
    ['AgentStreamEvent', 'status', codes.ATTEMPT_START_CODES],
  ])('lists every code that %s.%s can have of its own', (type, field, expected) => {
    expect(fieldDescription(type, field)).toContain(listed(expected));
  });

  it('names no code that there is not', () => {
    const known = new Set<string>([
      ...Object.keys(codes.ERROR_STATUS),
      ...codes.INPUT_PROBLEM_CODES,
      ...codes.BLOCKER_CODES,
      ...codes.MIGRATION_BLOCKER_CODES,
    ]);
    const descriptions = Object.values(schema.getTypeMap()).flatMap(descriptionsOf).join('\n');
    const named = [...descriptions.matchAll(/\b[A-Z]{2,}(?:_[A-Z]+)+\b/g)].map(([word]) => word);
    expect(named).toContain('UNKNOWN_PLACE');
    expect(named.filter((code) => !known.has(code) && !code.startsWith('__'))).toEqual([]);
  });

  it.each([
    ['AgentStreamEventType', STREAM_EVENT_TYPES],
    ['LLMProviderType', PROVIDER_TYPES],
  ])('has the values of %s that the program knows', (name, expected) => {
    const type = schema.getType(name);
    expect(isEnumType(type) ? type.getValues().map(({ value }): unknown => value) : []).toEqual(expected);
  });
});
