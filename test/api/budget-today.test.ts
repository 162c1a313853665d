import { createHash } from 'node:crypto';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { AccessTokens } from '../../src/api/access/access-tokens.js';
import { budgetScopes } from '../../src/core/executions/budget-limit.js';
import { apiUnderTest, type ApiUnderTest } from '../support/api-under-test.js';
import { anAgent, aWorkflow, NOW } from '../support/builders.js';

const DAY = NOW.slice(0, 10);
const QUERY = `{
  agent(id: "a") { budget { maxCostUsdPerDay maxTokensPerDay } budgetToday { day spentUsd reservedUsd spentTokens reservedTokens } }
  workflow(id: "w") { budget { maxCostUsdPerExecution } budgetToday { spentTokens } }
  workflows { id budgetToday { spentTokens reservedTokens } }
}`;

let api: ApiUnderTest;

beforeEach(async () => {
  const sha256 = (token: string) => createHash('sha256').update(token).digest('hex');
  const entries = [
    { name: 'all', role: 'read', sha256: sha256('cb_all') },
    { name: 'limited', role: 'read', sha256: sha256('cb_limited'), workflows: ['v'] },
  ] as const;
  api = await apiUnderTest({ checks: [new AccessTokens(entries)] });
  const { agents, budgets, workflows } = api.storage;
  await agents.create('a', anAgent({ budget: { maxCostUsdPerDay: 1 } }), NOW);
  await workflows.save('w', aWorkflow({ budget: { maxCostUsdPerExecution: 2 } }), { hash: 'h', now: NOW });
  await workflows.save('v', aWorkflow({ budget: { maxTokensPerDay: 100 } }), { hash: 'h', now: NOW });
  const call = { executionId: 'e', turn: 1, day: DAY, expiresAt: NOW, least: { nanoUsd: 0, tokens: 0 } };
  const limits = [
    { scope: budgetScopes.agent('a'), day: DAY },
    { scope: budgetScopes.workflow('v'), day: DAY },
  ];
  const taken = { nanoUsd: 250_000_000, tokens: 20 };
  for (const callId of ['1', '2']) await budgets.reserve({ ...call, callId, limits, most: taken });
  await budgets.settle({ ...call, callId: '1', limits, taken, at: NOW });
});
afterEach(async () => {
  await api.stop();
});

async function as(token: string) {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await api.app.inject({ method: 'POST', url: '/graphql', headers, payload: { query: QUERY } });
  return answer.json<{ readonly data: Readonly<Record<string, unknown>> }>().data;
}

it('shows what is spent of a budget today, and reserved', async () => {
  const data = await as('cb_all');
  expect(data['agent']).toEqual({
    budget: { maxCostUsdPerDay: 1, maxTokensPerDay: null },
    budgetToday: { day: DAY, spentUsd: 0.25, reservedUsd: 0.25, spentTokens: 20, reservedTokens: 20 },
  });
  expect(data['workflow']).toEqual({ budget: { maxCostUsdPerExecution: 2 }, budgetToday: null });
});

it('shows callers who are limited to some workflows what these spend, and not what an agent does for all', async () => {
  const data = await as('cb_limited');
  expect(data['workflows']).toEqual([{ id: 'v', budgetToday: { spentTokens: 20, reservedTokens: 20 } }]);
  expect(data['agent']).toMatchObject({ budgetToday: null });
  expect(data['workflow']).toBeNull();
});
