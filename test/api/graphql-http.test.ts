import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { apiUnderTest, type ApiUnderTest } from '../support/api-under-test.js';

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

  const nested = (depth: number) => `{ tokens { ${'edges { node { workflow { tokens { '.repeat(depth)} `;
  const deep = `query { workflow(id: "a") ${'{ tokens { edges { node { workflow '.repeat(6)} { id } ${'} } } }'.repeat(6)} }`;
  const costly = '{ tokens(first: 200) { nodes { executions(first: 200) { nodes { id status } } } } }';
  const threefold = (level: number) =>
    `fragment T${level} on __Type { ${['a', 'b', 'c'].map((name) => `${name}: ofType { name ...T${level + 1} }`).join(' ')} }`;
  const wide = `{ __type(name: "Token") { ...T0 } } ${Array.from({ length: 11 }, (_, level) => threefold(level)).join(' ')}
    fragment T11 on __Type { name }`;
  const cyclic = 'query { workflow(id: "a") { ...A } } fragment A on Workflow { ...B } fragment B on Workflow { ...A }';
  const long = `{ ${'__typename '.repeat(3000)} }`;

  it.each([
    ['a query that is no GraphQL', '{ tokens', 'GRAPHQL_PARSE_FAILED'],
    ['a parsed document as JSON', JSON.stringify({ kind: 'Document', definitions: [] }), 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', '{ moon }', 'GRAPHQL_VALIDATION_FAILED'],
    ['a fragment that contains itself', cyclic, 'GRAPHQL_VALIDATION_FAILED'],
    ['a query that is too deep', deep, 'GRAPHQL_VALIDATION_FAILED'],
    ['a query of too many fields', costly, 'GRAPHQL_VALIDATION_FAILED'],
    ['a query whose fragments multiply', wide, 'GRAPHQL_VALIDATION_FAILED'],
    ['a query of too many words', long, 'GRAPHQL_PARSE_FAILED'],
    ['braces without end', nested(50_000).slice(0, 900_000), 'GRAPHQL_PARSE_FAILED'],
  ])('that is %s is refused with a code', async (_what, query, code) => {
    expect(await post({ query })).toMatchObject({ status: 200, code });
  });

  it('whose variables do not fit is refused with a code', async () => {
    const query = 'query ($id: String!) { token(id: $id) { id } }';
    expect(await post({ query, variables: { id: 7 } })).toMatchObject({ code: 'GRAPHQL_VALIDATION_FAILED' });
  });

  it.each([
    ['malformed JSON', '{"query": ', 400, 'VALIDATION_FAILED'],
    ['a list', [], 400, 'VALIDATION_FAILED'],
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
