import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { newToken } from '../../../../src/core/engine/new-token.js';
import type { WorkflowContent } from '../../../../src/core/definitions/definition.js';
import type { JsonObject } from '../../../../src/core/json/json.js';
import { apiUnderTest, type ApiUnderTest } from '../../../support/api-under-test.js';
import { aTransition, aWorkflow, NOW } from '../../../support/builders.js';

interface Answer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

const many = <Item>(length: number, item: (n: number) => Item) => Array.from({ length }, (_, n) => item(n));
const aliases = (count: number, field: string, name = 'a') => many(count, (n) => `${name}${n}:${field}`).join(' ');

describe('a query that costs far more than it is long', () => {
  let api: ApiUnderTest;

  beforeEach(async () => {
    api = await apiUnderTest();
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await api.stop();
  });

  async function ask(query: string, variables?: object): Promise<Answer & { readonly length: number }> {
    const { body } = await api.app.inject({ method: 'POST', url: '/graphql', payload: { query, variables } });
    return { ...(JSON.parse(body) as Answer), length: body.length };
  }

  const codes = ({ errors = [] }: Answer) => [...new Set(errors.map(({ extensions }) => extensions.code))];

  async function save(content: Partial<WorkflowContent>, tokens: readonly JsonObject[] = []): Promise<void> {
    const { definition } = await api.storage.workflows.save('big', aWorkflow(content), { hash: 'h', now: NOW });
    for (const [n, data] of tokens.entries()) {
      const token = newToken(definition, { id: `t${n}`, data }, { now: NOW });
      await api.storage.tokens.record({ token, runId: `t${n}`, events: [], executions: [] });
    }
  }

  it('hundreds of diagrams of a large workflow are one, which says that it is too large', async () => {
    const description = 'x'.repeat(10_000);
    await save({
      transitions: many(60, (n) =>
        aTransition({ id: `t${n}`.padEnd(200, ':x'), description, fromPlaces: many(60, (m) => `p${m}`) }),
      ),
    });
    const answer = await ask(`{ workflow(id: "big") { ${aliases(200, 'diagram')} } }`);
    expect(Object.values(answer.data?.['workflow'] as object)).toHaveLength(200);
    expect(JSON.stringify(answer.data)).toContain('too large to draw');
    expect(answer.length).toBeLessThan(50_000);
    expect(codes(await ask(`{ workflow(id: "big") { ${aliases(490, 'diagram')} } }`))).toEqual([
      'GRAPHQL_VALIDATION_FAILED',
    ]);
  });

  it('what many tokens can do, under many names, is refused', async () => {
    const query = `{ tokens(first: 200) { nodes { ${aliases(20, 'transitions { canFire }')} } } }`;
    expect(codes(await ask(query))).toEqual(['GRAPHQL_VALIDATION_FAILED']);
  });

  it('many definitions to check are refused', async () => {
    const query = `query ($input: WorkflowDefinitionInput!) { ${aliases(150, 'validateWorkflow(input: $input) { code }')} }`;
    expect(codes(await ask(query, { input: aWorkflow() }))).toEqual(['GRAPHQL_VALIDATION_FAILED']);
  });

  it('many changes in one document are refused', async () => {
    const query = `mutation { ${aliases(120, 'cancelToken(id: "t0") { id }')} }`;
    expect(codes(await ask(query))).toEqual(['GRAPHQL_VALIDATION_FAILED']);
  });

  it('a list that turns out to be long, under many names, is refused', async () => {
    await save({ transitions: many(1000, (n) => aTransition({ id: `t${n}` })) });
    const answer = await ask(`{ workflow(id: "big") { ${aliases(60, 'transitions { id toPlace }')} } }`);
    expect(codes(answer)).toEqual(['QUERY_TOO_COSTLY']);
  });

  it('an answer that would be too long to write down is refused, not written', async () => {
    await save({}, [{ text: 'x'.repeat(250_000) }]);
    const answer = await ask(`{ token(id: "t0") { ${aliases(70, 'data')} } }`);
    expect(codes(answer)).toEqual(['QUERY_TOO_COSTLY']);
    expect(answer.length).toBeLessThan(1000);
  });

  it('one variable in hundreds of places of an input is refused, not walked through', async () => {
    const query = `query ($x: Rule!) { validateWorkflow(input: {
      name: "W", places: ["a"], initialPlace: "a", transitions: [{ id: "t", fromPlaces: ["a"], toPlace: "a", rules: [${'$x '.repeat(90)}] }]
    }) { code } }`;
    const answer = await ask(query, { x: { type: 'FieldEquals', field: 'data.a', value: 'x'.repeat(900_000) } });
    expect(answer.data).toEqual({ validateWorkflow: [{ code: 'DEFINITION_TOO_LARGE' }] });
  });

  it('what a refusal quotes of the variables, and how much it says, is bounded', async () => {
    const wrong = many(100, () => 'x'.repeat(9000));
    const one = await ask('query ($x: Int!) { tokens(first: $x) { nodes { id } } }', { x: wrong.join('') });
    const all = await ask(
      'query ($x: [AgentStreamEventType!]!) { __typename @skip(if: true) a: __type(name: "x") @include(if: false) { name } }',
      { x: wrong },
    );
    expect([codes(one), codes(all)]).toEqual([['GRAPHQL_VALIDATION_FAILED'], ['GRAPHQL_VALIDATION_FAILED']]);
    expect(one.length).toBeLessThan(10_000);
    expect(all.length).toBeLessThan(300_000);
  });

  it('one entity under many names is read once', async () => {
    await save({}, [{}]);
    const reads = [vi.spyOn(api.storage.workflows, 'get'), vi.spyOn(api.storage.tokens, 'get')];
    await ask(`{ ${aliases(100, 'workflow(id: "big") { id }')} ${aliases(50, 'token(id: "t0") { id }', 't')} }`);
    expect(reads.map((read) => read.mock.calls.length)).toEqual([1, 1]);
  });

  it('others are answered while the rules of many tokens take all that they may', async () => {
    const address = await api.listen();
    const rules = [{ type: 'Expression' as const, expression: 'data.l.all(a, data.l.all(b, a + b >= 0))' }];
    const data = { l: many(2000, (n) => n) };
    await save(
      { transitions: [aTransition({ id: 'review', rules })] },
      many(200, () => data),
    );
    // Each look at the clock finds it a while later: so the bound is reached on any machine.
    let nowMs = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += 50));
    const costly = ask('{ tokens(first: 200) { nodes { transitions { canFire } } } }');
    const first = () => Promise.race([costly, fetch(`${address}/health/live`)]);
    let answeredMeanwhile = 0;
    for (let other = await first(); 'status' in other; other = await first()) answeredMeanwhile += 1;
    expect(answeredMeanwhile).toBeGreaterThan(2);
    expect(codes(await costly)).toEqual(['QUERY_TOO_COSTLY']);
  });
});
