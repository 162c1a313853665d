import { getIntrospectionQuery } from 'graphql';
import { describe, expect, it } from 'vitest';

import { executableSchema } from '../../../src/api/graphql/executable-schema.js';
import { OperationReader } from '../../../src/api/graphql/documents/operation-reader.js';

const reader = new OperationReader(executableSchema());

/** The errors that a query is refused with. */
function refusals(query: string): readonly string[] {
  const read = reader.read({ query });
  return 'operation' in read ? [] : read.map(({ message }) => message);
}

const times = (count: number, part: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => part(n)).join(' ');

describe('the cost of a query', () => {
  it.each([
    ['a page of tokens with all that they hold', '{ tokens { nodes { id place data metadata } } }'],
    ['the longest page of them', '{ tokens(first: 200) { nodes { id place data metadata } } }'],
    [
      'a page of tokens with what can happen to each',
      `{ tokens { nodes {
        id data metadata place status history { version timestamp transition fromPlace toPlace note }
        transitions { canFire blockers { code message rule actual } transition { id rules conditions } }
        pending { execution { id status agent { id name } } } incident { code message }
      } } }`,
    ],
    ['tokens with their executions', '{ tokens { nodes { id executions { nodes { id status } } } } }'],
    [
      'a page of executions with what went in and came out',
      '{ agentExecutions { nodes { id input output finalResponse attempts { turn outcome usage { totalTokens } } } } }',
    ],
    ['conversations', '{ agentConversations(agentId: "a") { id messages { role content toolCalls timestamp } } }'],
    [
      'all agents',
      '{ agents { id prompts { system userTemplate contextInstructions } llmProvider { options headers } outputSchema } }',
    ],
    [
      'workflows',
      `{ workflows {
        id rules diagram transitions { id rules conditions agentExecution { agentId inputMapping outputMapping } }
        placeAgents { id inputMapping triggerConditions }
      } }`,
    ],
    [
      'a stream',
      `subscription { agentExecutionStream(executionId: "a") {
        content status toolName toolCallId toolArguments toolResult finalResponse usage { totalTokens } error
      } }`,
    ],
    [
      'introspection, with all that tools ask for',
      getIntrospectionQuery({
        directiveIsRepeatable: true,
        inputValueDeprecation: true,
        schemaDescription: true,
        specifiedByUrl: true,
        oneOf: true,
      }),
    ],
  ])('is within the bound for %s', (_what, query) => {
    expect(refusals(query)).toEqual([]);
  });

  it.each([
    [
      'many pages with what tokens hold',
      `{ ${times(83, (n) => `a${n}: tokens(first: 200) { nodes { data metadata } }`)} }`,
    ],
    ['two such pages', `{ ${times(2, (n) => `a${n}: tokens(first: 200) { nodes { data metadata } }`)} }`],
    [
      'many pages of tokens that are read whole',
      `{ ${times(25, (n) => `a${n}: tokens(first: 200) { nodes { id } }`)} }`,
    ],
    [
      'many pages of which nothing is asked',
      `{ ${times(25, (n) => `a${n}: tokens(first: 200) { pageInfo { hasNextPage } }`)} }`,
    ],
    ['many answers', '{ agentExecutions(first: 200) { nodes { input finalResponse } } }'],
    ['many lists of executions', `{ ${times(100, (n) => `a${n}: tokenExecutions(tokenId: "a") { id }`)} }`],
    ['many names for one answer', `{ agentExecution(id: "a") { ${times(400, (n) => `a${n}: finalResponse`)} } }`],
    [
      'many names for what is sent to many',
      `subscription { agentExecutionStream(executionId: "a") { ${times(10, (n) => `a${n}: finalResponse`)} } }`,
    ],
  ])('is beyond it for %s', (_what, query) => {
    expect(refusals(query)).toEqual([expect.stringMatching(/counts as \d+ fields/)]);
  });
});
