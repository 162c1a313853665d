import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { CircuitBreakerError } from '../../src/core/errors.js';
import { pendingExecution } from '../../src/core/executions/pending-execution.js';
import { apiUnderTest, type ApiUnderTest } from '../support/api-under-test.js';
import { anAgent, aTransition, anAgentTransition, aWorkflow, NOW } from '../support/builders.js';

let api: ApiUnderTest;

beforeEach(async () => {
  api = await apiUnderTest();
  await api.storage.agents.create('writer', anAgent(), NOW);
  await api.storage.workflows.save('review', aWorkflow(), { hash: 'h', now: NOW });
});
afterEach(async () => {
  await api.stop();
});

interface Answer {
  readonly data: Record<string, Record<string, unknown>> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
}

async function ask(query: string, variables: object = {}): Promise<Answer> {
  return (await api.app.inject({ method: 'POST', url: '/graphql', payload: { query, variables } })).json<Answer>();
}

async function codeOf(query: string, variables: object = {}): Promise<unknown> {
  return (await ask(query, variables)).errors?.[0]?.extensions['code'];
}

const EXECUTE = 'mutation ($input: ExecuteAgentInput!) { executeAgent(input: $input) { id status } }';
const CANCEL = 'mutation ($id: String!) { cancelAgentExecution(id: $id, reason: "enough") { status errorCode } }';
const CREATE = 'mutation ($input: TokenCreateInput!) { createToken(input: $input) { id place status } }';

describe('the mutations of one document', () => {
  it('show each what the ones before it have changed', async () => {
    const run = (id: string) => `${id}: executeAgent(input: { id: "${id}", agentId: "writer" }) { agent { name } }`;
    const name = (await api.storage.agents.get('writer'))?.name;
    const update = `updateAgent(id: "writer", input: {
      name: "Editor", llmProvider: { type: mock, model: "mock-1" }, prompts: { system: "", userTemplate: "Edit." }
    }) { id }`;
    const { data } = await ask(`mutation { ${run('before')} ${update} ${run('after')} }`);
    expect(data).toMatchObject({ before: { agent: { name } }, after: { agent: { name: 'Editor' } } });
  });
});

describe('a list of executions', () => {
  it('has those of agents that were deleted, or never were, and never another agent of the same id', async () => {
    const writer = await api.storage.agents.get('writer');
    await ask(EXECUTE, { input: { id: 'of-deleted', agentId: 'writer' } });
    await api.storage.executions.update('of-deleted', { status: 'COMPLETED', agentVersion: 1 });
    await api.storage.agents.delete('writer');
    await api.storage.agents.create('writer', anAgent({ name: 'Another' }), NOW);
    await api.storage.executions.create(pendingExecution({ executionId: 'of-nobody', agentId: 'no', input: {} }, NOW));
    await ask(EXECUTE, { input: { id: 'of-another', agentId: 'writer' } });
    const { data, errors } = await ask('{ agentExecutions { nodes { id agent { id version name } } } }');
    expect(errors).toBeUndefined();
    expect(data?.['agentExecutions']?.['nodes']).toEqual([
      { id: 'of-nobody', agent: { id: 'no', version: 0, name: 'no' } },
      { id: 'of-deleted', agent: { id: 'writer', version: 1, name: writer?.name } },
      { id: 'of-another', agent: { id: 'writer', version: 2, name: 'Another' } },
    ]);
  });
});

describe('executeAgent', () => {
  const input = { id: 'run-1', agentId: 'writer', input: { topic: 'tides' } };

  it('starts once; the same id with the same input is the same execution', async () => {
    const [first, again] = [await ask(EXECUTE, { input }), await ask(EXECUTE, { input })];
    expect(first.data).toEqual({ executeAgent: { id: 'run-1', status: 'PENDING' } });
    expect(again).toEqual(first);
  });

  it.each([{ agentVersion: 1 }, { conversationId: 'talk' }, { input: { topic: 'moon' } }])(
    'refuses the same id with %o',
    async (other) => {
      await ask(EXECUTE, { input });
      expect(await codeOf(EXECUTE, { input: { ...input, ...other } })).toBe('ALREADY_EXISTS');
    },
  );

  it.each([
    [{ agentId: 'nobody' }, 'NOT_FOUND'],
    [{ agentId: 'writer', id: '../etc' }, 'VALIDATION_FAILED'],
    [{ agentId: 'writer', input: { text: 'a\u0000b' } }, 'VALIDATION_FAILED'],
  ])('refuses %o', async (bad, code) => {
    expect(await codeOf(EXECUTE, { input: bad })).toBe(code);
    expect(api.temporal.executions).toEqual([]);
  });

  it('says that Temporal is away, and can be repeated when it is back', { tags: 'temporal-away' }, async () => {
    api.temporal.failure = new CircuitBreakerError('UNAVAILABLE', 'Temporal does not answer.');
    expect(await codeOf(EXECUTE, { input })).toBe('UNAVAILABLE');
    expect(await api.storage.executions.get('run-1')).toBeUndefined();
    api.temporal.failure = undefined;
    expect((await ask(EXECUTE, { input })).data).toEqual({ executeAgent: { id: 'run-1', status: 'PENDING' } });
    expect(api.temporal.executions).toHaveLength(1);
  });
});

describe('cancelAgentExecution', () => {
  it('asks Temporal, with the reason', async () => {
    await ask(EXECUTE, { input: { id: 'run-1', agentId: 'writer' } });
    await ask(CANCEL, { id: 'run-1' });
    expect(api.temporal.cancelled).toEqual([{ id: 'run-1', reason: 'enough' }]);
  });

  it('ends at once an execution that never started', async () => {
    await api.storage.executions.create(pendingExecution({ executionId: 'run-1', agentId: 'writer', input: {} }, NOW));
    expect((await ask(CANCEL, { id: 'run-1' })).data).toEqual({
      cancelAgentExecution: { status: 'CANCELLED', errorCode: 'cancelled' },
    });
  });

  it('of an unknown execution is an error', async () => {
    expect(await codeOf(CANCEL, { id: 'nobody' })).toBe('NOT_FOUND');
  });
});

describe('createToken', () => {
  it('gives the token as it was recorded', async () => {
    const { data } = await ask(CREATE, { input: { id: 'doc-1', workflowId: 'review', data: { a: 1 } } });
    expect(data).toEqual({ createToken: { id: 'doc-1', place: 'submitted', status: 'ACTIVE' } });
  });

  it.each([
    [{ workflowId: 'nothing' }, 'NOT_FOUND'],
    [{ workflowId: 'review', workflowVersion: 7 }, 'NOT_FOUND'],
    [{ workflowId: 'review', initialPlace: 'moon' }, 'VALIDATION_FAILED'],
    [{ workflowId: 'review', id: '-' }, 'VALIDATION_FAILED'],
    [{ workflowId: 'review', data: { text: 'x'.repeat(300_000) } }, 'TOKEN_TOO_LARGE'],
  ])('refuses %.80o with a code', async (input, code) => {
    expect(await codeOf(CREATE, { input })).toBe(code);
  });
});

describe('updateAgent', () => {
  const UPDATE = `mutation ($input: AgentInput!) { updateAgent(id: "writer", input: $input) { version } }`;
  const input = {
    name: 'Writer',
    llmProvider: { type: 'mock', model: 'mock-1' },
    prompts: { system: '', userTemplate: 'About {topic}' },
  };

  async function useAgent(agentVersion?: number): Promise<void> {
    const pinned = agentVersion === undefined ? {} : { agentVersion };
    const agentExecution = anAgentTransition({ agentId: 'writer', ...pinned });
    const transitions = [aTransition({ id: 'write', agentExecution })];
    await api.storage.workflows.save('writing', aWorkflow({ transitions }), { hash: 'w', now: NOW });
  }

  it('refuses prompts that a use of the agent does not provide for', async () => {
    await useAgent();
    expect(await codeOf(UPDATE, { input })).toBe('VALIDATION_FAILED');
  });

  it('leaves out uses that are pinned to a version', async () => {
    await useAgent(1);
    expect((await ask(UPDATE, { input })).data).toEqual({ updateAgent: { version: 2 } });
  });
});

describe('health', () => {
  it('is live, and ready while storage and Temporal answer', async () => {
    expect((await api.app.inject('/health/live')).statusCode).toBe(200);
    expect((await api.app.inject('/health/ready')).statusCode).toBe(200);
    api.temporal.failure = new Error('away');
    const response = await api.app.inject('/health/ready');
    expect(response.statusCode).toBe(503);
    expect(response.json()).toMatchObject({ temporal: 'unavailable', storage: 'ready' });
  });
});

describe('the executions of a token', () => {
  async function withExecutions(count: number): Promise<void> {
    for (let number = 0; number < count; number += 1) {
      const request = { executionId: `e-${number}`, agentId: 'writer', input: {} };
      await api.storage.executions.create({ ...pendingExecution(request, NOW), tokenId: 't' });
    }
  }
  const LIST = '{ tokenExecutions(tokenId: "t") { id } }';

  it('are all in the list without pages, however many pages that takes', async () => {
    await withExecutions(401);
    const { data } = await ask(LIST);
    const ids = (data?.['tokenExecutions'] as unknown as { readonly id: string }[]).map(({ id }) => id);
    expect(new Set(ids).size).toBe(401);
  });

  it('are refused where they are more than such a list has, with where to read them', async () => {
    await withExecutions(1001);
    const { errors } = await ask(LIST);
    expect(errors?.[0]).toMatchObject({ extensions: { code: 'VALIDATION_FAILED' } });
    expect(errors?.[0]?.message).toContain('agentExecutions');
  });
});

describe('a DateTime', () => {
  const LIST = 'query ($since: DateTime) { agentExecutions(since: $since) { nodes { id } } }';

  it('has any offset, in a variable and in the document', async () => {
    const request = { executionId: 'e', agentId: 'writer', input: {} };
    await api.storage.executions.create(pendingExecution(request, '2026-01-01T00:00:00.000Z'));
    const count = async (since: string) => {
      const inDocument = await ask(`{ agentExecutions(since: "${since}") { nodes { id } } }`);
      const inVariable = await ask(LIST, { since });
      expect(inDocument).toEqual(inVariable);
      return (inVariable.data?.['agentExecutions']?.['nodes'] as unknown[]).length;
    };
    expect(await count('2026-01-01T01:30:00+02:00')).toBe(1);
    expect(await count('2025-12-31T23:30:00-02:00')).toBe(0);
  });

  it.each(['1', '2026-01-01', '2026-01-01T00:00:00', 'yesterday', 7])('is not %j', async (since) => {
    expect(await codeOf(LIST, { since })).toBe('GRAPHQL_VALIDATION_FAILED');
    expect(await codeOf(`{ agentExecutions(since: ${JSON.stringify(since)}) { nodes { id } } }`)).toBe(
      'GRAPHQL_VALIDATION_FAILED',
    );
  });
});
