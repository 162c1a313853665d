import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { aWorkflow, NOW } from '../../support/builders.js';
import { apiUnderTest, type ApiUnderTest } from '../../support/api-under-test.js';

let api: ApiUnderTest;

beforeAll(async () => {
  api = await apiUnderTest();
  await api.storage.workflows.save('review', aWorkflow(), { hash: 'h', now: NOW });
});
afterAll(async () => {
  await api.stop();
});

interface Refusal {
  readonly errors?: readonly {
    readonly extensions: { readonly code: string; readonly problems?: readonly object[] };
  }[];
}

async function refusal(query: string, variables: object) {
  const response = await api.app.inject({ method: 'POST', url: '/graphql', payload: { query, variables } });
  return response.json<Refusal>().errors?.[0]?.extensions;
}

describe('a text that no backend carries is refused before it is used, with its place', () => {
  it.each([
    ['the id of a query', 'query ($text: String!) { token(id: $text) { id } }', '/id'],
    ['a filter', 'query ($text: String!) { agentExecutions(tokenId: $text) { edges { cursor } } }', '/tokenId'],
    ['a filter of a list within', '{ workflows { tokens(place: "a\\u0000") { edges { cursor } } } }', '/place'],
    ['a reason', 'mutation ($text: String!) { cancelToken(id: "x", reason: $text) { id } }', '/reason'],
    ['a reason', 'mutation ($text: String!) { cancelAgentExecution(id: "x", reason: $text) { id } }', '/reason'],
    ['the id of a mutation', 'mutation ($text: String!) { deleteAgent(id: $text) }', '/id'],
    [
      'a token',
      'mutation ($text: String!) { fireTransition(input: { tokenId: $text, transitionId: "t" }) { executionId } }',
      '/tokenId',
    ],
  ])('as %s', async (_what, query, pointer) => {
    for (const text of ['half \uD83D', '\0', 'a\uDE42b']) {
      const problems = [expect.objectContaining({ code: 'TEXT_INVALID', pointer })];
      expect(await refusal(query, { text })).toMatchObject({ code: 'VALIDATION_FAILED', problems });
    }
  });

  it.each([
    ['an id', 'query ($text: String!) { token(id: $text) { id } }', '/id'],
    ['a filter', 'query ($text: String!) { tokens(place: $text) { edges { cursor } } }', '/place'],
    ['a cursor', 'query ($text: String!) { tokens(after: $text) { edges { cursor } } }', '/after'],
  ])('and so is one that is longer than any, as %s', async (_what, query, pointer) => {
    const problems = [expect.objectContaining({ code: 'INVALID_VALUE', pointer })];
    expect(await refusal(query, { text: 'x'.repeat(900_000) })).toMatchObject({ code: 'VALIDATION_FAILED', problems });
  });

  it('what was asked for is not repeated without end where there is no such thing', async () => {
    const query =
      'mutation ($text: String!) { fireTransition(input: { tokenId: $text, transitionId: "t" }) { executionId } }';
    const response = await api.app.inject({
      method: 'POST',
      url: '/graphql',
      payload: { query, variables: { text: 'x'.repeat(900_000) } },
    });
    expect(response.body.length).toBeLessThan(1000);
    expect(response.body).toContain('NOT_FOUND');
  });

  it('in a cursor as well, which is none of ours then', async () => {
    const after = Buffer.from(JSON.stringify(['2026', 'a\0'])).toString('base64url');
    const query = 'query ($after: String!) { tokens(after: $after) { edges { cursor } } }';
    expect(await refusal(query, { after })).toMatchObject({ problems: [{ code: 'BAD_CURSOR' }] });
  });
});
