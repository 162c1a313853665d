import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';

import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createAgent, createToken, createWorkflow, execution, fire, graphql } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { newPreparedSetting, startEverything, type Setting } from '../support/everything.js';
import type { SpawnedProcess } from '../support/spawned-process.js';
import { streamFaults, StreamViewer } from '../support/stream-viewer.js';

interface TokenView {
  readonly place: string;
  readonly status: string;
  readonly version: number;
  readonly data: Record<string, unknown>;
  readonly metadata: Record<string, unknown>;
  readonly incident: { readonly code: string; readonly placeAgentId: string | null } | null;
  readonly executions: { readonly nodes: readonly { readonly id: string; readonly status: string }[] };
}

async function example(address: string): Promise<{ readonly code: number | null; readonly stderr: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'examples/temporal-client.ts', address]);
  let stderr = '';
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stderr };
}

const TOKEN = `query ($id: String!) { token(id: $id) {
  place status version data metadata incident { code placeAgentId } executions { nodes { id status } }
} }`;

const FAILED: unknown = expect.stringMatching(/.{20}/);

describe('the engine, whole', () => {
  let setting: Setting;
  let everything: SpawnedProcess;
  let connection: Connection;
  let temporal: Client;

  beforeAll(async () => {
    setting = await newPreparedSetting({ CLEANUP_INTERVAL_SECONDS: '2' });
    everything = await startEverything(setting);
    connection = await Connection.connect({ address: setting.temporalAddress });
    temporal = new Client({ connection });
  });
  afterAll(async () => {
    await connection.close();
    await everything.stop();
    await setting.remove();
  });

  async function tokenWhen(id: string, isSo: (token: TokenView) => boolean): Promise<TokenView> {
    return await eventually(async () => {
      const { token } = await graphql<{ token: TokenView }>(setting.address, TOKEN, { id });
      if (isSo(token)) return token;
      throw new Error(`is not so: ${JSON.stringify(token)}`);
    });
  }

  async function mutate<Result>(field: string, variables: Record<string, unknown>, selection = ''): Promise<Result> {
    const types = { id: 'String!', tokenId: 'String!', data: 'JSON', metadata: 'JSON', reason: 'String' };
    const input = { createPlaceAgentConfig: 'PlaceAgentConfigInput!', updateAgent: 'AgentInput!' }[field];
    const declared = Object.keys(variables).map(
      (name) => `$${name}: ${input && name === 'input' ? input : types[name as 'id']}`,
    );
    const passed = Object.keys(variables).map((name) => `${name}: $${name}`);
    const query = `mutation (${declared.join()}) { ${field}(${passed.join()}) ${selection} }`;
    return (await graphql<Record<string, Result>>(setting.address, query, variables))[field] as Result;
  }

  function scripted(id: string, options: object): object {
    return {
      id,
      name: id,
      llmProvider: { type: 'mock', model: 'scripted', options: { delayMs: 5, ...options } },
      prompts: { system: '', userTemplate: '{input_data}' },
    };
  }

  it("the seed's classification runs as written: after its delay the agent classifies, and the token moves", async () => {
    const read = async (name: string) =>
      JSON.parse(await readFile(`examples/content-classification/${name}`, 'utf8')) as object;
    const provider = {
      type: 'mock',
      model: 'scripted',
      options: { responses: [{ category: 'memo', confidence_score: 0.9 }] },
    };
    await createAgent(setting.address, { ...(await read('agent.json')), llmProvider: provider });
    await createWorkflow(setting.address, await read('workflow.json'));
    const startedAt = Date.now();
    const tokenId = await createToken(setting.address, {
      workflowId: 'content_classification',
      data: { content: 'All staff meet on Friday.' },
      metadata: { type: 'memo', status: 'unclassified' },
    });
    const token = await tokenWhen(tokenId, ({ status }) => status === 'COMPLETED');
    expect(token).toMatchObject({
      place: 'categorized',
      data: { classification: 'memo', confidence: 0.9 },
      metadata: { classifier: 'content-classifier' },
    });
    expect(Date.now() - startedAt).toBeGreaterThan(5000);
  });

  it('three place agents in a row take a token from its first place to its last with no event from outside', async () => {
    await createAgent(setting.address, scripted('stepper', { responses: [{ note: 'seen' }] }));
    const places = ['a', 'b', 'c', 'd'];
    const steps = places
      .slice(0, -1)
      .map((place, index) => ({ place, next: places[index + 1] ?? '', id: `to_${places[index + 1] ?? ''}` }));
    await createWorkflow(setting.address, {
      id: 'cascade',
      name: 'Cascade',
      places,
      initialPlace: 'a',
      transitions: steps.map(({ id, place, next }) => ({ id, fromPlaces: [place], toPlace: next })),
      placeAgents: steps.map(({ id, place }) => ({
        placeId: place,
        agentId: 'stepper',
        outputMapping: { [`data.${place}`]: 'note' },
        autoTransition: id,
      })),
    });
    const tokenId = await createToken(setting.address, { workflowId: 'cascade' });
    const token = await tokenWhen(tokenId, ({ status }) => status === 'COMPLETED');
    expect(token).toMatchObject({ place: 'd', data: { a: 'seen', b: 'seen', c: 'seen' } });
    expect(token.executions.nodes).toHaveLength(3);
  });

  it('an agent takes no longer than it may; one that is not required lets the token move without it', async () => {
    await createAgent(setting.address, scripted('endless', { responses: ['word '.repeat(2000)], delayMs: 50 }));
    const use = {
      agentId: 'endless',
      timeoutSeconds: 1,
      retryConfig: { maxAttempts: 1, backoffSeconds: 1 },
      outputMapping: { 'data.text': 'response' },
    };
    await createWorkflow(setting.address, {
      id: 'impatient',
      name: 'Impatient',
      places: ['todo', 'tried', 'done'],
      initialPlace: 'todo',
      transitions: [
        { id: 'try', fromPlaces: ['todo'], toPlace: 'tried', agentExecution: { ...use, required: false } },
        { id: 'insist', fromPlaces: ['tried'], toPlace: 'done', agentExecution: use },
      ],
    });
    const tokenId = await createToken(setting.address, { workflowId: 'impatient' });
    await fire(setting.address, { tokenId, transitionId: 'try' });
    const tried = await tokenWhen(tokenId, ({ place }) => place === 'tried');
    expect(tried).toMatchObject({ incident: null, data: {}, executions: { nodes: [{ status: 'TIMEOUT' }] } });
    await fire(setting.address, { tokenId, transitionId: 'insist' });
    const insisted = await tokenWhen(tokenId, ({ incident }) => incident !== null);
    expect(insisted).toMatchObject({ place: 'tried', incident: { code: 'timeout' } });
  });

  it('an agent that fails for good leaves an incident; with a better agent a retry finishes the job', async () => {
    await createAgent(setting.address, scripted('fragile', { failWith: 'auth' }));
    const use = { agentId: 'fragile', outputMapping: { 'data.text': 'response' } };
    await createWorkflow(setting.address, {
      id: 'fragile_work',
      name: 'Fragile work',
      places: ['todo', 'done'],
      initialPlace: 'todo',
      transitions: [{ id: 'work', fromPlaces: ['todo'], toPlace: 'done', agentExecution: use }],
    });
    const tokenId = await createToken(setting.address, { workflowId: 'fragile_work' });
    await fire(setting.address, { tokenId, transitionId: 'work' });
    expect((await tokenWhen(tokenId, ({ incident }) => incident !== null)).incident).toMatchObject({ code: 'auth' });
    // Once for the call and once for the execution: what happened, in words.
    await eventually(() => {
      const logged = everything.output
        .split('\n')
        .filter((line) => line.includes(' failed"') && line.includes(tokenId));
      expect(logged.map((line) => JSON.parse(line) as unknown)).toMatchObject(
        ['Activity failed', 'Workflow failed'].map((msg) => ({ msg, code: 'auth', message: FAILED })),
      );
    });
    const listed = '{ tokens(hasIncident: true, workflowId: "fragile_work") { nodes { id } } }';
    expect(await graphql(setting.address, listed)).toEqual({ tokens: { nodes: [{ id: tokenId }] } });
    await mutate('updateAgent', { id: 'fragile', input: scripted('fragile', { responses: ['Done.'] }) }, '{ version }');
    await mutate('retryToken', { id: tokenId }, '{ id }');
    const token = await tokenWhen(tokenId, ({ status }) => status === 'COMPLETED');
    expect(token).toMatchObject({ place: 'done', data: { text: 'Done.' }, incident: null });
  });

  it('the example of a plain client says what to do where nobody has saved its workflow, and where no server is', async () => {
    const { code, stderr } = await example(setting.temporalAddress);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/"document_review".*\n.*npm run demo/)]);
    const alone = await example('127.0.0.1:1');
    expect([alone.code, alone.stderr]).toEqual([
      1,
      expect.stringMatching(/no Temporal server at 127.0.0.1:1: start one/),
    ]);
  });

  it('a place agent that is added later runs for tokens that are in the place already, until it is deleted', async () => {
    await createAgent(setting.address, scripted('late', { responses: [{ seen: 'yes' }] }));
    await createWorkflow(setting.address, {
      id: 'waiting',
      name: 'Waiting',
      places: ['hall', 'room'],
      initialPlace: 'hall',
      transitions: [{ id: 'enter', fromPlaces: ['hall'], toPlace: 'room' }],
    });
    const tokenIds = await Promise.all(
      Array.from({ length: 30 }, () => createToken(setting.address, { workflowId: 'waiting' })),
    );
    const input = { workflowId: 'waiting', placeId: 'hall', agentId: 'late', outputMapping: { 'data.seen': 'seen' } };
    const { id } = await mutate<{ id: string }>('createPlaceAgentConfig', { input }, '{ id source }');
    expect(id).toBe('waiting:hall:late');
    for (const tokenId of tokenIds) {
      const token = await tokenWhen(tokenId, ({ data }) => data['seen'] === 'yes');
      expect(token.executions.nodes).toHaveLength(1);
    }
    expect(await mutate('deletePlaceAgentConfig', { id })).toBe(true);
    const after = await createToken(setting.address, { workflowId: 'waiting' });
    await mutate('updateToken', { id: after, data: { a: 1 } }, '{ version }');
    expect((await tokenWhen(after, ({ data }) => data['a'] === 1)).executions.nodes).toHaveLength(0);
    await mutate('cancelToken', { id: after, reason: 'enough' }, '{ id }');
    expect(await tokenWhen(after, ({ status }) => status === 'CANCELLED')).toMatchObject({ place: 'hall' });
  });

  it.each(['execution', 'token'] as const)(
    '%s that is terminated in the Temporal UI ends its stream, and its status says so',
    async (which) => {
      await createAgent(setting.address, scripted('slow', { responses: ['word '.repeat(3000)], delayMs: 50 }));
      const use = { agentId: 'slow', outputMapping: { 'data.text': 'response' } };
      await createWorkflow(setting.address, {
        id: 'slow_work',
        name: 'Slow work',
        places: ['todo', 'done'],
        initialPlace: 'todo',
        transitions: [{ id: 'work', fromPlaces: ['todo'], toPlace: 'done', agentExecution: use }],
      });
      const tokenId = await createToken(setting.address, { workflowId: 'slow_work' });
      const executionId = await fire(setting.address, { tokenId, transitionId: 'work' });
      const viewer = new StreamViewer();
      const watching = viewer.watch(setting.address, executionId);
      await viewer.sawChunks(2);
      await temporal.workflow.getHandle(which === 'token' ? tokenId : executionId).terminate('by hand');
      expect(await watching).toBe(1000);
      expect(streamFaults(viewer.events)).toEqual([]);
      const status = which === 'token' ? 'cancelled' : 'terminated';
      expect(viewer.last).toMatchObject({ eventType: 'failed', status });
      expect(await execution(setting.address, executionId)).toMatchObject({ status: status.toUpperCase() });
      if (which === 'token') await tokenWhen(tokenId, (token) => token.status === 'TERMINATED');
      else expect(await tokenWhen(tokenId, ({ incident }) => incident !== null)).toMatchObject({ status: 'ACTIVE' });
    },
  );
});
