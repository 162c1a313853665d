import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { apiUnderTest, type ApiUnderTest } from '../../support/api-under-test.js';
import { aWorkflow, NOW } from '../../support/builders.js';
import { countingTurns } from '../../support/event-loop-turns.js';

const many = <Item>(length: number, item: (n: number) => Item) => Array.from({ length }, (_, n) => item(n));
const rules = many(99, () => ({ type: 'FieldExists', field: 'data.a' }));
/** As many rules as a definition may have. */
const LARGE = {
  name: 'Large',
  places: ['a', 'b'],
  initialPlace: 'a',
  transitions: many(100, (n) => ({ id: `t${n}`, fromPlaces: ['a'], toPlace: 'b', rules })),
};

let api: ApiUnderTest;

beforeAll(async () => {
  api = await apiUnderTest();
});
afterAll(() => api.stop());

async function ask(query: string, variables: object = {}): Promise<unknown> {
  const response = await api.app.inject({ method: 'POST', url: '/graphql', payload: { query, variables } });
  return response.json<{ data?: unknown }>().data;
}

it.each([
  [
    'checked',
    'query ($input: WorkflowDefinitionInput!) { validateWorkflow(input: $input) { code } }',
    'validateWorkflow',
  ],
  ['saved', 'mutation ($input: WorkflowDefinitionInput!) { createWorkflow(input: $input) { id } }', 'createWorkflow'],
])('while a large definition is %s, everything else has its turns', async (_what, query, field) => {
  let now = 0;
  // Two hundred steps fill a turn, on whatever machine.
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 0.05));
  const { value, turns } = await countingTurns(() => ask(query, { input: LARGE }));
  expect(value).toHaveProperty(field);
  expect(turns).toBeGreaterThan(40);
});

it('a page of workflows is read few at a time, and is whole', async () => {
  for (let n = 0; n < 13; n += 1) await api.storage.workflows.save(`of-${n}`, aWorkflow(), { hash: 'a', now: NOW });
  const data = await ask('{ workflows(first: 12) { id } }');
  const { workflows } = data as { workflows: readonly { id: string }[] };
  expect(new Set(workflows.map(({ id }) => id)).size).toBe(12);
  const { id = '' } = workflows[5] ?? {};
  expect(await ask('query ($after: String) { workflows(first: 6, after: $after) { id } }', { after: id })).toEqual({
    workflows: workflows.slice(6),
  });
});
