import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { AccessTokens } from '../../../src/api/access/access-tokens.js';
import { apiUnderTest, type ApiUnderTest } from '../../support/api-under-test.js';

const MIB = 1024 * 1024;
const APPLY = `mutation ($input: DefinitionsInput!) { applyDefinitions(input: $input, dryRun: true) { agents { id } } }`;

/** As many agents as take so many bytes. */
function agentsOf(bytes: number, mostOfOne = MIB / 8): object[] {
  return Array.from({ length: Math.ceil(bytes / mostOfOne) }, (_, index) => ({
    id: `a${index}`,
    name: 'A',
    llmProvider: { type: 'mock', model: 'm' },
    prompts: { system: 'x'.repeat(mostOfOne - 200), userTemplate: 'u' },
  }));
}

describe('the body of a request', () => {
  let api: ApiUnderTest;
  beforeAll(async () => {
    const sha256 = (token: string) => createHash('sha256').update(token).digest('hex');
    const entries = (['operate', 'administer'] as const).map((role) => ({ name: role, role, sha256: sha256(role) }));
    api = await apiUnderTest({ checks: [new AccessTokens(entries)] });
  });
  afterAll(() => api.stop());

  async function ask(role: string, body: object, packed = false) {
    const text = JSON.stringify(body);
    const { statusCode, payload } = await api.app.inject({
      method: 'POST',
      url: '/graphql',
      headers: {
        authorization: `Bearer ${role}`,
        'content-type': 'application/json',
        ...(packed ? { 'content-encoding': 'gzip' } : {}),
      },
      payload: packed ? gzipSync(text) : text,
    });
    const { data, errors } = JSON.parse(payload) as {
      data?: unknown;
      errors?: readonly { extensions: { code: string; problems?: readonly { code: string }[] } }[];
    };
    const [error] = errors ?? [];
    return { statusCode, data, code: error?.extensions.code, problem: error?.extensions.problems?.[0]?.code };
  }

  it.each([false, true])('may be a folder of definitions for those who administer; packed: %s', async (packed) => {
    const asked = { query: APPLY, variables: { input: { agents: agentsOf(5 * MIB) } } };
    expect(await ask('administer', asked, packed)).toMatchObject({ statusCode: 200, code: undefined });
  });

  it.each([false, true])('is kept to a mebibyte for others; packed: %s', async (packed) => {
    const asked = { query: APPLY, variables: { input: { agents: agentsOf(2 * MIB) } } };
    expect(await ask('operate', asked, packed)).toMatchObject({ statusCode: 413, code: 'PAYLOAD_TOO_LARGE' });
  });

  it('is kept to a mebibyte for all that is not a folder', async () => {
    const [agent] = agentsOf(1, 2 * MIB);
    const query = 'mutation ($input: AgentInput!) { createAgent(input: $input) { id } }';
    expect(await ask('administer', { query, variables: { input: agent } })).toMatchObject({
      statusCode: 413,
      code: 'PAYLOAD_TOO_LARGE',
    });
    const both = `${APPLY.slice(0, -2)} another: createToken(input: {workflowId: "w"}) { id } }`;
    expect(await ask('administer', { query: both, variables: { input: { agents: agentsOf(2 * MIB) } } })).toMatchObject(
      {
        statusCode: 413,
      },
    );
  });

  it('is kept to eight for a folder, and to one for each definition', async () => {
    const asked = (agents: object[]) => ({ query: APPLY, variables: { input: { agents } } });
    expect(await ask('administer', asked(agentsOf(9 * MIB)))).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect(await ask('administer', asked(agentsOf(1, 2 * MIB)))).toMatchObject({
      code: 'VALIDATION_FAILED',
      problem: 'DEFINITION_TOO_LARGE',
    });
  });
});
