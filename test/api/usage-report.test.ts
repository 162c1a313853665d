import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { ModelAttempt } from '../../src/core/executions/execution.js';
import { apiUnderTest, type ApiUnderTest } from '../support/api-under-test.js';
import { aWorkflow, NOW } from '../support/builders.js';
import { anExecution } from '../storage/contract/execution-store.js';

const ATTEMPT: ModelAttempt = {
  ...{
    turn: 1,
    attempt: 1,
    provider: 'openai',
    model: 'm',
    outcome: 'completed',
    startedAt: '2026-11-01T00:00:00.000Z',
  },
  usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15, costUsd: 0.5 },
};

let api: ApiUnderTest;

beforeEach(async () => {
  api = await apiUnderTest();
  const created = (day: string) => `2026-11-${day}T00:00:00.000Z`;
  const { executions } = api.storage;
  await executions.create(
    anExecution({ id: '1', tokenId: 't', workflowId: 'w', createdAt: created('01'), attempts: [ATTEMPT] }),
  );
  const lost: ModelAttempt = { ...ATTEMPT, attempt: 2, outcome: 'lost' };
  await executions.create(
    anExecution({ id: '2', tokenId: 't', workflowId: 'w', createdAt: created('02'), attempts: [ATTEMPT, lost] }),
  );
  await executions.create(anExecution({ id: '3', agentId: 'b', createdAt: created('03'), attempts: [ATTEMPT] }));
});
afterEach(async () => {
  await api.stop();
});

async function ask(query: string) {
  return (await api.app.inject({ method: 'POST', url: '/graphql', payload: { query } })).json<{
    readonly data: Record<string, unknown> | null;
    readonly errors?: readonly { readonly message: string }[];
  }>();
}

describe('a report of usage', () => {
  it('has a row for each that is kept apart, from `since` on and before `until`', async () => {
    const span = 'since: "2026-11-01T00:00:00Z", until: "2026-11-03T00:00:00Z"';
    const { data } = await ask(
      `{ usageReport(${span}, by: [WORKFLOW, MODEL]) { workflowId provider model executions costUsd wastedCostUsd } }`,
    );
    expect(data?.['usageReport']).toEqual([
      { workflowId: 'w', provider: 'openai', model: 'm', executions: 2, costUsd: 1, wastedCostUsd: 0.5 },
    ]);
    const all = await ask('{ usageReport(since: "2026-11-01T00:00:00Z") { agentId executions totalTokens costUsd } }');
    expect(all.data?.['usageReport']).toEqual([{ agentId: null, executions: 3, totalTokens: 45, costUsd: 1.5 }]);
  });

  it('needs an end after its beginning', async () => {
    const { errors } = await ask(
      '{ usageReport(since: "2026-11-02T00:00:00Z", until: "2026-11-01T00:00:00Z") { executions } }',
    );
    expect(errors?.[0]?.message).toContain('after its `since`');
  });

  it('is one of a token, too', async () => {
    await api.storage.workflows.save('w', aWorkflow(), { hash: 'h', now: NOW });
    const { data: made } = await ask('mutation { createToken(input: { id: "t", workflowId: "w" }) { id } }');
    expect(made).not.toBeNull();
    const { data, errors } = await ask(
      '{ token(id: "t") { cost { executions totalTokens costUsd wastedTokens wastedCostUsd } } }',
    );
    expect(errors).toBeUndefined();
    expect(data?.['token']).toEqual({
      cost: { executions: 2, totalTokens: 30, costUsd: 1, wastedTokens: 15, wastedCostUsd: 0.5 },
    });
  });
});
