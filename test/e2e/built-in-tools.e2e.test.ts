import type { ServerResponse } from 'node:http';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createAgent, createToken, createWorkflow, graphql, settledToken } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { newSetting, type Setting } from '../support/everything.js';
import { startFaultServer, type FaultServer } from '../support/fault-server.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';

const TOKENS = ['moved-1', 'moved-2', 'moved-3', 'moved-4'];

interface Ended {
  readonly status: string;
  readonly warnings: readonly string[];
  /** What the model was told of its call. */
  readonly told: string;
}

describe('what is built in, where the worker is killed in the middle', () => {
  const processes: SpawnedProcess[] = [];
  let temporal: TestTemporalServer;
  let database: TestDatabase;
  let server: FaultServer;
  let setting: Setting;

  beforeAll(async () => {
    [temporal, database, server] = await Promise.all([startTemporalServer(), createTestDatabase(), startFaultServer()]);
    setting = await newSetting({
      TEMPORAL_ADDRESS: temporal.address,
      STORAGE_URL: database.url,
      TOOL_HTTP_HOSTS: new URL(server.root).host,
    });
    const [worker] = await Promise.all([start('worker'), start('api')]);
    await beginRequests();
    await beginMoves();
    await worker.kill();
    server.behave((_, response) => void response.end('there'));
    await start('worker');
  });

  afterAll(async () => {
    await Promise.all(processes.map((one) => one.kill()));
    await Promise.all([temporal.stop(), server.stop(), database.drop()]);
    await setting.remove();
  });

  async function start(command: 'api' | 'worker'): Promise<SpawnedProcess> {
    const started = SpawnedProcess.start(command, setting.environment);
    processes.push(started);
    await started.untilReady();
    return started;
  }

  async function agent(id: string, name: string, given: object): Promise<void> {
    const responses = [{ toolCalls: [{ name, arguments: given }], text: 'So be it.' }, 'It is done.'];
    const llmProvider = { type: 'mock', model: 'mock-1', options: { delayMs: 0, responses } };
    const prompts = { system: 'You act.', userTemplate: 'Act.' };
    await createAgent(setting.address, { id, name: id, llmProvider, prompts, tools: [name] });
  }

  async function ended(id: string): Promise<Ended> {
    const query = 'query ($id: String!) { agentExecution(id: $id) { status warnings conversationId } }';
    const execution = await eventually(async () => {
      const { agentExecution } = await graphql<{
        agentExecution: { status: string; warnings: readonly string[]; conversationId: string };
      }>(setting.address, query, { id });
      expect(agentExecution.status).toBe('COMPLETED');
      return agentExecution;
    });
    const messages = 'query ($id: String!) { conversation(id: $id) { messages { role content } } }';
    const { conversation } = await graphql<{
      conversation: { messages: readonly { role: string; content: string }[] };
    }>(setting.address, messages, { id: execution.conversationId });
    const { status, warnings } = execution;
    const told = conversation.messages.find(({ role }) => role === 'tool')?.content ?? '';
    return { status, warnings: warnings.filter((warning) => !warning.includes('scripted')), told };
  }

  async function beginRequests(): Promise<void> {
    const open: ServerResponse[] = [];
    server.behave((_, response) => void open.push(response));
    await agent('getter', 'http.fetch', { url: `${server.root}/get` });
    await agent('poster', 'http.fetch', { url: `${server.root}/post`, method: 'POST', body: { amount: 7 } });
    for (const agentId of ['getter', 'poster']) {
      const mutation = 'mutation ($input: ExecuteAgentInput!) { executeAgent(input: $input) { id } }';
      await graphql(setting.address, mutation, { input: { id: `run-${agentId}`, agentId, input: 'now' } });
    }
    await eventually(() => {
      expect(open).toHaveLength(2);
    });
  }

  async function beginMoves(): Promise<void> {
    await agent('mover', 'token.fire', { transition: 'review', data: { by: 'the mover' } });
    await createWorkflow(setting.address, {
      id: 'moved',
      name: 'Moved',
      places: ['submitted', 'reviewed'],
      initialPlace: 'submitted',
      transitions: [
        { id: 'review', fromPlaces: ['submitted'], toPlace: 'reviewed' },
        { id: 'back', fromPlaces: ['reviewed'], toPlace: 'submitted' },
      ],
      placeAgents: [{ id: 'mover', placeId: 'submitted', agentId: 'mover' }],
    });
    await Promise.all(TOKENS.map((id) => createToken(setting.address, { id, workflowId: 'moved' })));
    // One is seen to move: others are anywhere on the way.
    await eventually(async () => {
      const places = await Promise.all(TOKENS.map(async (id) => (await settledToken(setting.address, id)).place));
      expect(places).toContain('reviewed');
    });
  }

  it(
    'a request that looks is made again, and one that changes something never',
    { tags: 'worker-killed' },
    async () => {
      expect(await ended('run-getter')).toMatchObject({
        warnings: [],
        told: expect.stringContaining('"there"') as string,
      });
      expect(await ended('run-poster')).toMatchObject({
        warnings: [expect.stringContaining('nobody knows') as string],
        told: expect.stringContaining('Nobody knows whether the call had its effect') as string,
      });
      expect(server.urls.toSorted()).toEqual(['/get', '/get', '/post']);
    },
  );

  it.each(TOKENS)('a token is moved once by its agent, which goes on to its end: %s', async (id) => {
    const { told } = await ended(`${id}:mover:1`);
    expect(JSON.parse(told)).toMatchObject({ fired: 'review', place: 'reviewed' });
    expect(await settledToken(setting.address, id)).toMatchObject({
      place: 'reviewed',
      data: { by: 'the mover' },
      history: [{ transition: 'review' }],
    });
  });
});
