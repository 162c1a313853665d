import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { apiUnderTest, type ApiUnderTest } from '../../support/api-under-test.js';
import { acknowledgedGraphql } from '../../support/graphql-socket.js';

let api: ApiUnderTest;
let address = '';

beforeAll(async () => {
  api = await apiUnderTest();
  address = await api.listen();
  await api.streams.open('open', { epoch: 1, turn: 1, reason: 'first' });
});
afterAll(() => api.stop());

interface Asked {
  readonly query: string;
  readonly variables?: object;
  readonly operationName?: string;
}

/** What an operation is answered with: its result, or the errors that it is refused with. */
interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
}

async function overHttp(payload: Asked): Promise<Answer> {
  const response = await api.app.inject({ method: 'POST', url: '/graphql', payload: { ...payload } });
  return response.json<Answer>();
}

async function overSocket(payload: Asked): Promise<Answer> {
  const socket = await acknowledgedGraphql(address);
  socket.send({ type: 'subscribe', id: '1', payload });
  const isAnswer = ({ id }: { id?: string }) => id === '1';
  while (!socket.messages.some(isAnswer)) await new Promise((resolve) => setTimeout(resolve, 2));
  const answer = socket.messages.find(isAnswer);
  socket.end();
  return answer?.type === 'error' ? ({ errors: answer.payload } as Answer) : (answer?.payload as Answer);
}

const TWO = `
  query Token($token: String!) { token(id: $token) { id } }
  query Agent($agent: String!) { agent(id: $agent) { id } }`;

describe.each([
  ['HTTP', overHttp],
  ['WebSocket', overSocket],
])('an operation that comes by %s', (_door, ask) => {
  const code = async (asked: Asked) => (await ask(asked)).errors?.[0]?.extensions.code;

  const nested = (depth: number) => `{ tokens { ${'edges { node { workflow { tokens { '.repeat(depth)} `;
  const deep = `query { workflow(id: "a") ${'{ tokens { edges { node { workflow '.repeat(6)} { id } ${'} } } }'.repeat(6)} }`;
  const costly = '{ tokens(first: 200) { nodes { executions(first: 200) { nodes { id status } } } } }';
  const threefold = (level: number) =>
    `fragment T${level} on __Type { ${['a', 'b', 'c'].map((name) => `${name}: ofType { name ...T${level + 1} }`).join(' ')} }`;
  const wide = `{ __type(name: "Token") { ...T0 } } ${Array.from({ length: 11 }, (_, level) => threefold(level)).join(' ')}
    fragment T11 on __Type { name }`;
  const cyclic = 'query { workflow(id: "a") { ...A } } fragment A on Workflow { ...B } fragment B on Workflow { ...A }';
  const cyclicStream = `subscription { agentExecutionStream(executionId: "open") { ...A } }
    fragment A on AgentStreamEvent { usage { ...B } } fragment B on TokenUsage { ...B }`;

  it.each([
    ['is no GraphQL', '{ tokens', 'GRAPHQL_PARSE_FAILED'],
    ['asks for a field that there is not', '{ moon }', 'GRAPHQL_VALIDATION_FAILED'],
    ['has a fragment that contains itself', cyclic, 'GRAPHQL_VALIDATION_FAILED'],
    ['watches by a fragment that contains itself', cyclicStream, 'GRAPHQL_VALIDATION_FAILED'],
    ['is too deep', deep, 'GRAPHQL_VALIDATION_FAILED'],
    ['has too many fields', costly, 'GRAPHQL_VALIDATION_FAILED'],
    ['has fragments that multiply', wide, 'GRAPHQL_VALIDATION_FAILED'],
    ['has too many words', `{ ${'__typename '.repeat(3000)} }`, 'GRAPHQL_PARSE_FAILED'],
    ['has too many characters, though few words', `{ __typename } # ${'x'.repeat(64 * 1024)}`, 'GRAPHQL_PARSE_FAILED'],
    ['has braces without end', nested(5000).slice(0, 60_000), 'GRAPHQL_PARSE_FAILED'],
  ])('and %s is refused with a code', async (_what, query, expected) => {
    expect(await code({ query })).toBe(expected);
  });

  it('tells all that is wrong with its variables', async () => {
    const query = 'query ($id: String!, $version: Int) { workflow(id: $id, version: $version) { id } }';
    const { errors } = await ask({ query, variables: { version: 'x' } });
    const unfit = { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } };
    expect(errors).toMatchObject([unfit, unfit]);
  });

  it('is the one that it names of several, and needs the variables of that one only', async () => {
    const answers = [
      await ask({ query: TWO, operationName: 'Token', variables: { token: 'a' } }),
      await ask({ query: TWO, operationName: 'Agent', variables: { agent: 'a' } }),
    ];
    expect(answers).toEqual([{ data: { token: null } }, { data: { agent: null } }]);
  });

  it.each([
    ['one that is not there', { query: TWO, operationName: 'Moon' }],
    ['one where none has a name', { query: '{ __typename }', operationName: 'Token' }],
    ['none of several', { query: TWO }],
    ['one of no operations', { query: 'fragment A on Token { id }' }],
  ])('and names %s is refused with a code', async (_what, asked) => {
    expect(await code(asked)).toBe('GRAPHQL_VALIDATION_FAILED');
  });

  it.each([
    'query { availableTransitions(tokenId: "nobody") { id } }',
    'mutation { cancelAgentExecution(id: "nobody") { id } }',
    'mutation { executeAgent(input: { agentId: "nobody" }) { id } }',
  ])('and wants something of what nobody knows is answered with NOT_FOUND: %s', async (query) => {
    expect(await code({ query })).toBe('NOT_FOUND');
  });
});

describe('a subscription', () => {
  const fields = ['agentExecutionStream(executionId: "open"', 'tokenUpdates(tokenId: "doc"'];
  const refusals = [
    [-1, 'VALIDATION_FAILED'],
    [-(2 ** 31), 'VALIDATION_FAILED'],
    [2 ** 31, 'GRAPHQL_VALIDATION_FAILED'],
    [-(2 ** 31) - 1, 'GRAPHQL_VALIDATION_FAILED'],
    [1.5, 'GRAPHQL_VALIDATION_FAILED'],
    ['1', 'GRAPHQL_VALIDATION_FAILED'],
    [true, 'GRAPHQL_VALIDATION_FAILED'],
  ] as const;
  const cases = fields.flatMap((field) => refusals.map(([after, code]) => [field, after, code] as const));

  it.each(cases)('with a cursor that is none is refused with a code: %s, after: %s)', async (field, after, code) => {
    const refused = { errors: [{ extensions: { code } }] };
    const byVariable = `subscription ($after: Int) { ${field}, after: $after) { sequence } }`;
    const inDocument = `subscription { ${field}, after: ${JSON.stringify(after)}) { sequence } }`;
    expect(await overSocket({ query: byVariable, variables: { after } })).toMatchObject(refused);
    expect(await overSocket({ query: inDocument })).toMatchObject(refused);
  });

  it('with a cursor beyond the end of what is still open begins again', async () => {
    const query = `subscription { ${String(fields[0])}, after: ${2 ** 31 - 1}) { sequence } }`;
    expect(await overSocket({ query })).toEqual({ data: { agentExecutionStream: { sequence: 0 } } });
  });

  it.each([
    'agentExecutionStream(executionId: "nobody")',
    'tokenStream(tokenId: "nobody")',
    'tokenUpdates(tokenId: "nobody")',
    'workflowEvents(workflowId: "nobody")',
  ])('to what nobody knows is answered with NOT_FOUND: %s', async (field) => {
    const { errors } = await overSocket({ query: `subscription { ${field} { sequence } }` });
    expect(errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  });
});
