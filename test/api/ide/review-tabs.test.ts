import { readFileSync } from 'node:fs';

import { getOperationAST, getVariableValues, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';

import { reviewTabs, type ReviewTab } from '../../../pages/graphiql/review-tabs.js';
import { executableSchema } from '../../../src/api/graphql/executable-schema.js';
import { parseAgentInput } from '../../../src/core/validation/agent-schema.js';

const EXAMPLE = 'examples/document-review';
const schema = executableSchema();

function readJson(name: string): { readonly id: string } {
  return JSON.parse(readFileSync(`${EXAMPLE}/${name}`, 'utf8')) as { id: string };
}

const example = {
  agent: readJson('agent.json'),
  workflow: readJson('workflow.json'),
  document: readFileSync(`${EXAMPLE}/documents/travel-policy.md`, 'utf8'),
  mockAnswer: { assessment: 'APPROVE', confidence_score: 9 },
};
const tabs = reviewTabs(example, { isSaved: false, tokenId: 'document-1' });

function titleOf({ query }: ReviewTab): string {
  return getOperationAST(parse(query))?.name?.value ?? '';
}

describe('the tabs of the GraphQL IDE', () => {
  it('are the steps of the document review, with saving it only where it is not saved', () => {
    const steps = ['CreateToken', 'FireReview', 'WatchAnswer', 'ReadHistory'];
    expect(tabs.map(titleOf)).toEqual(['SaveReview', ...steps]);
    expect(reviewTabs(example, { isSaved: true, tokenId: 'document-1' }).map(titleOf)).toEqual(steps);
  });

  it.each(tabs.map((tab) => [titleOf(tab), tab] as const))('%s and its variables fit the schema', (_title, tab) => {
    const document = parse(tab.query);
    expect(validate(schema, document)).toEqual([]);
    const definitions = getOperationAST(document)?.variableDefinitions ?? [];
    const variables = JSON.parse(tab.variables) as Record<string, unknown>;
    expect(getVariableValues(schema, definitions, variables).errors).toBeUndefined();
  });

  it('save an agent that answers from a script and needs no key', () => {
    const { agent } = JSON.parse(tabs[0]?.variables ?? '{}') as { agent: unknown };
    expect(parseAgentInput(agent)).toMatchObject({ value: { content: { llmProvider: { type: 'mock' } } } });
  });
});
