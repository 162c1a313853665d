import { createHash } from 'node:crypto';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { AccessTokens } from '../../src/api/access/access-tokens.js';
import { apiUnderTest, type ApiUnderTest } from '../support/api-under-test.js';
import { NOW } from '../support/builders.js';
import { anExecution } from '../storage/contract/execution-store.js';

let api: ApiUnderTest;

beforeEach(async () => {
  const sha256 = (token: string) => createHash('sha256').update(token).digest('hex');
  const entries = [
    { name: 'all', role: 'read', sha256: sha256('cb_all') },
    { name: 'limited', role: 'read', sha256: sha256('cb_limited'), workflows: ['own'] },
  ] as const;
  const key = { name: 'OPENAI_API_KEYS, 2 of 2', state: 'REFUSED' as const };
  const status = { type: 'openai' as const, works: true, message: 'Works.', models: [], keys: [key] };
  api = await apiUnderTest({
    checks: [new AccessTokens(entries)],
    providers: { check: () => Promise.resolve([status]) },
  });
  const attempt = {
    ...({ turn: 1, attempt: 1, provider: 'mock', model: 'm', outcome: 'completed', startedAt: NOW } as const),
    ...{ key: 'OPENAI_API_KEYS, 1 of 2', passedKeys: [{ key: 'OPENAI_API_KEYS, 2 of 2', errorCode: 'auth' as const }] },
  };
  const { executions } = api.storage;
  for (const [id, workflowId, cachedFrom] of [
    ['first', 'other'],
    ['own-first', 'own'],
    ['from-other', 'own', 'first'],
    ['from-own', 'own', 'own-first'],
    ['from-gone', 'own', 'gone'],
  ] as const) {
    await executions.create(anExecution({ id, workflowId }));
    if (cachedFrom !== undefined) {
      await executions.update(id, { cachedFrom, attempts: [{ ...attempt, cachedFrom }] });
    }
  }
});
afterEach(async () => {
  await api.stop();
});

async function as(token: string, query: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await api.app.inject({ method: 'POST', url: '/graphql', headers, payload: { query } });
  return answer.json<{ readonly data: unknown }>().data;
}

const SOURCES = `{
  other: agentExecution(id: "from-other") { cachedFrom attempts { cachedFrom } }
  own: agentExecution(id: "from-own") { cachedFrom attempts { cachedFrom } }
  gone: agentExecution(id: "from-gone") { cachedFrom attempts { cachedFrom } }
}`;
const from = (cachedFrom: string | null) => ({ cachedFrom, attempts: [{ cachedFrom }] });

it('says whose answer an execution was given only to those who may read that one', async () => {
  expect(await as('cb_all', SOURCES)).toEqual({ other: from('first'), own: from('own-first'), gone: from('gone') });
  expect(await as('cb_limited', SOURCES)).toEqual({ other: from(null), own: from('own-first'), gone: from(null) });
});

it('shows how keys stand to those who are not limited to some workflows', async () => {
  const query = '{ llmProviders { type works keys { name } } }';
  expect(await as('cb_all', query)).toEqual({
    llmProviders: [{ type: 'openai', works: true, keys: [{ name: 'OPENAI_API_KEYS, 2 of 2' }] }],
  });
  expect(await as('cb_limited', query)).toEqual({ llmProviders: [{ type: 'openai', works: true, keys: [] }] });
});

it('shows which keys calls went to to those who are not limited to some workflows', async () => {
  const query = '{ agentExecution(id: "from-own") { attempts { key passedKeys { key errorCode } } } }';
  const passedKeys = [{ key: 'OPENAI_API_KEYS, 2 of 2', errorCode: 'auth' }];
  expect(await as('cb_all', query)).toEqual({
    agentExecution: { attempts: [{ key: 'OPENAI_API_KEYS, 1 of 2', passedKeys }] },
  });
  expect(await as('cb_limited', query)).toEqual({ agentExecution: { attempts: [{ key: null, passedKeys: null }] } });
});
