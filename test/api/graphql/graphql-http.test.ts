import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { apiUnderTest, type ApiUnderTest } from '../../support/api-under-test.js';

let api: ApiUnderTest;
let address = '';

beforeAll(async () => {
  api = await apiUnderTest();
  address = await api.listen();
});
afterAll(async () => {
  await api.stop();
});

describe('GraphQL over HTTP, as its specification has it', () => {
  const audits = serverAudits({ url: () => `${address}/graphql`, fetchFn: fetch });

  it('is audited in every point', () => {
    expect(audits).toHaveLength(61);
  });

  it.each(audits.map((audit) => [audit.name, audit] as const))('%s', async (_name, audit) => {
    const result = await audit.fn();
    expect(result).toMatchObject({ status: 'ok' });
  });
});

describe('a GraphQL request', () => {
  async function post(body: unknown): Promise<{ status: number; code: unknown; body: Record<string, unknown> }> {
    const payload = typeof body === 'string' ? body : JSON.stringify(body);
    const headers = { 'content-type': 'application/json' };
    const response = await api.app.inject({ method: 'POST', url: '/graphql', headers, payload });
    const answer = response.json<{ errors?: { extensions: { code: string } }[] }>();
    return { status: response.statusCode, code: answer.errors?.[0]?.extensions.code, body: { ...answer } };
  }

  it('that is a parsed document as JSON is refused with a code', async () => {
    const query = JSON.stringify({ kind: 'Document', definitions: [] });
    expect(await post({ query })).toMatchObject({ status: 200, code: 'GRAPHQL_PARSE_FAILED' });
  });

  it.each([
    ['application/json', 200],
    ['application/graphql-response+json', 400],
  ])('that is a subscription is told where to go, by clients that accept %s with %i', async (accept, status) => {
    const query = 'subscription { agentExecutionStream(executionId: "a") { sequence } }';
    const url = `/graphql?${new URLSearchParams({ query }).toString()}`;
    const asked = [
      { method: 'POST', url: '/graphql', headers: { accept }, payload: { query } },
      { method: 'GET', url, headers: { accept } },
    ] as const;
    for (const request of asked) {
      const response = await api.app.inject(request);
      expect(response.statusCode).toBe(status);
      expect(response.json()).toMatchObject({ errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] });
      expect(response.body).toContain('graphql-transport-ws');
    }
    expect(api.logged).toEqual([]);
  });

  it.each([
    ['malformed JSON', '{"query": ', 400, 'VALIDATION_FAILED'],
    ['a list', [], 400, 'VALIDATION_FAILED'],
    [
      'a number that would lose digits unseen',
      '{"query": "{x}", "variables": {"n": [100000000000000000001]}}',
      400,
      'VALIDATION_FAILED',
    ],
    [
      'such a literal',
      { query: 'mutation { createToken(input: { workflowId: "w", data: { n: 100000000000000000001 } }) { id } }' },
      200,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['a body over 1 MiB', { query: `# ${'x'.repeat(1024 * 1024)}` }, 413, 'PAYLOAD_TOO_LARGE'],
  ])('that is %s is refused in the shape of GraphQL', async (_what, body, status, code) => {
    expect(await post(body)).toMatchObject({ status, code });
  });

  it('names the place of an error in lists by numbers', async () => {
    api.storage.workflows.list = () =>
      Promise.resolve([{ definition: { id: 'a', version: 1 } as never, hash: '', createdAt: '' }]);
    const { body } = await post({ query: '{ workflows { id places } }' });
    expect(body).toMatchObject({ errors: [{ path: ['workflows', 0, 'places'] }] });
  });
});

describe('an error that is not in the catalogue', () => {
  it('is logged whole and answered without what it says', async () => {
    api.storage.tokens.get = () => Promise.reject(new Error('select secret from passwords'));
    const payload = { query: '{ token(id: "a") { id } }' };
    const response = await api.app.inject({ method: 'POST', url: '/graphql', payload });
    expect(response.body).toContain('"code":"INTERNAL"');
    expect(response.body).not.toContain('secret');
    expect(api.logged.join()).toContain('select secret from passwords');
  });
});
