import { setTimeout as delay } from 'node:timers/promises';

import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  createAgent,
  createToken,
  createWorkflow,
  execution,
  fire,
  graphql,
  settledToken,
} from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { newSetting, type Setting } from '../support/everything.js';
import { createTestDatabase, onDatabase, refuseRows, type TestDatabase } from '../support/postgres.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';

const SCHEMA = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] };
const A_PATTERN_THAT_NEVER_ENDS = { type: 'object', properties: { a: { type: 'string', pattern: '^(a+)+$' } } };
/** A preview cut by code units would end in half of it. */
const EMOJI_WHERE_A_PREVIEW_ENDS = [115, 116, 117, 118, 119].map((at) => `${'x'.repeat(at)}😀 and so on`);

const ASK = 'mutation ($input: ExecuteAgentInput!) { executeAgent(input: $input) { id } }';
const EVENTS = 'query ($id: String!) { tokenEvents(tokenId: $id, first: 200) { type details } }';
const UPDATE = 'mutation ($id: String!) { updateToken(id: $id, data: { touched: true }) { data } }';

describe('what once stopped the product for good', () => {
  let temporal: TestTemporalServer;
  let database: TestDatabase;
  let setting: Setting;
  let address = '';
  let connection: Connection;
  const processes: SpawnedProcess[] = [];

  beforeAll(async () => {
    [temporal, database] = await Promise.all([startTemporalServer(), createTestDatabase()]);
    connection = await Connection.connect({ address: temporal.address });
    setting = await newSetting({
      TEMPORAL_ADDRESS: temporal.address,
      STORAGE_URL: database.url,
      CLEANUP_INTERVAL_SECONDS: '2',
    });
    ({ address } = setting);
    for (const command of ['api', 'worker', 'worker'] as const) {
      const started = SpawnedProcess.start(command, setting.environment);
      processes.push(started);
      await started.untilReady();
    }
    await agent('plain', ['fine']);
  });

  afterAll(async () => {
    await Promise.all(processes.splice(0).map((one) => one.kill()));
    await connection.close();
    await temporal.stop();
    await database.drop();
    await setting.remove();
  });

  async function agent(id: string, responses: readonly string[], more: object = {}): Promise<void> {
    await createAgent(address, {
      id,
      name: id,
      llmProvider: { type: 'mock', model: 'mock-1', options: { responses, delayMs: 0 } },
      prompts: { system: 'You answer.', userTemplate: 'Look at {input_data}' },
      ...more,
    });
  }

  async function ask(input: object): Promise<string> {
    return (await graphql<{ executeAgent: { id: string } }>(address, ASK, { input })).executeAgent.id;
  }

  async function ended(id: string) {
    return await eventually(async () => {
      const found = await execution(address, id);
      expect(found.status).not.toMatch(/PENDING|RUNNING/);
      return found;
    });
  }

  /** What anybody else has: an answer, a token that can be changed, a process that says that it lives. */
  async function everythingElseGoesOn(): Promise<void> {
    expect(await ended(await ask({ agentId: 'plain', input: 'q' }))).toMatchObject({ status: 'COMPLETED' });
    expect((await fetch(`${address}/health/live`)).status).toBe(200);
    for (const one of processes) expect(one.hasEnded, one.output).toBe(false);
  }

  /** Asks for the process's life until something is over; the longest answer in milliseconds. */
  async function slowestSignOfLife(until: Promise<unknown>): Promise<number> {
    const over = new AbortController();
    void until.finally(() => {
      over.abort();
    });
    let slowest = 0;
    while (!over.signal.aborted) {
      const asked = performance.now();
      await fetch(`${address}/health/live`);
      slowest = Math.max(slowest, performance.now() - asked);
      await delay(20);
    }
    await until;
    return slowest;
  }

  it.each([
    ['blank lines', SCHEMA, '\n'.repeat(40_000)],
    ['a fence and blank lines', SCHEMA, `\`\`\`json${'\n'.repeat(40_000)}`],
    ['an object, an open fence and blank lines', SCHEMA, `{"a":"x"}\n\`\`\`${'\n'.repeat(40_000)}`],
    ['what a pattern never finishes with', A_PATTERN_THAT_NEVER_ENDS, JSON.stringify({ a: `${'a'.repeat(60)}!` })],
  ])('an answer of %s', async (what, outputSchema, answer) => {
    const id = what.replaceAll(/\W+/g, '-');
    await agent(id, [answer], { outputSchema });
    const outcome = ended(await ask({ agentId: id, input: 'q' }));
    const slowestMs = await slowestSignOfLife(outcome);
    expect(await outcome, `the slowest sign of life took ${Math.round(slowestMs)} ms`).toMatchObject({
      status: 'FAILED',
      errorCode: 'output_invalid',
    });
    await everythingElseGoesOn();
  });

  it('sixty questions to one conversation at once', async () => {
    const asked = Array.from({ length: 60 }, (_, number) =>
      ask({ id: `question-${number}`, agentId: 'plain', conversationId: 'talk', input: `question ${number}` }),
    );
    for (const id of await Promise.all(asked)) expect(await ended(id)).toMatchObject({ status: 'COMPLETED' });
    const query = '{ conversation(id: "talk") { messages { role content } } }';
    const { conversation } = await graphql<{
      conversation: { messages: { role: string; content: string }[] };
    }>(address, query);
    const questions = conversation.messages.filter(({ role }) => role === 'user').map(({ content }) => content);
    expect(new Set(questions).size).toBe(60);
    expect(conversation.messages.filter(({ role }) => role === 'assistant')).toHaveLength(60);
    await everythingElseGoesOn();
  });

  it('a refusal that quotes an emoji where its quote ends', async () => {
    const rule = { type: 'FieldContains', field: 'data.content', value: 'approved' };
    const transition = { id: 'go', fromPlaces: ['a'], toPlace: 'b', rules: [rule] };
    const net = { name: 'Quoting', places: ['a', 'b'], initialPlace: 'a', transitions: [transition] };
    await createWorkflow(address, { id: 'quoting', ...net });
    for (const content of EMOJI_WHERE_A_PREVIEW_ENDS) {
      const id = await createToken(address, { workflowId: 'quoting', data: { content } });
      await new Client({ connection }).workflow.getHandle(id).signal('fireTransition', { transitionId: 'go' });
      const events = await eventually(async () => {
        const { tokenEvents } = await graphql<{ tokenEvents: { type: string }[] }>(address, EVENTS, { id });
        expect(tokenEvents.map(({ type }) => type)).toContain('TRANSITION_REFUSED');
        return tokenEvents;
      });
      expect(JSON.stringify(events)).not.toMatch(/\\ud[89a-f]/);
      expect(await graphql(address, UPDATE, { id })).toMatchObject({ updateToken: { data: { touched: true } } });
    }
    await everythingElseGoesOn();
  });

  it('a large token in a place with many agents', async () => {
    const placeAgents = Array.from({ length: 20 }, (_, number) => ({
      id: `one-of-many-${number}`,
      placeId: 'crowded',
      agentId: 'plain',
      inputMapping: { text: 'data.text' },
      outputMapping: { [`metadata.said_${number}`]: 'response' },
    }));
    const transition = { id: 'leave', fromPlaces: ['crowded'], toPlace: 'left' };
    const net = { name: 'Crowded', places: ['crowded', 'left'], initialPlace: 'crowded', transitions: [transition] };
    await createWorkflow(address, { id: 'crowded', ...net, placeAgents });
    const id = await createToken(address, { workflowId: 'crowded', data: { text: 'x'.repeat(250_000) } });
    await eventually(async () => {
      const { metadata, status } = await settledToken(address, id);
      expect(status).toBe('ACTIVE');
      expect(Object.keys(metadata)).toHaveLength(20);
    });
    await everythingElseGoesOn();
  });

  it('a patch of nulls', async () => {
    await agent('failing', [], { llmProvider: { type: 'mock', model: 'mock-1', options: { failWith: 'auth' } } });
    const transition = {
      id: 'go',
      fromPlaces: ['a'],
      toPlace: 'b',
      agentExecution: { agentId: 'failing', inputMapping: { q: 'data.n' } },
    };
    const net = { name: 'Patching', places: ['a', 'b'], initialPlace: 'a', transitions: [transition] };
    await createWorkflow(address, { id: 'patching', ...net });
    const id = await createToken(address, { workflowId: 'patching', data: { n: 1, text: 'x'.repeat(200_000) } });
    const nulls = Object.fromEntries(Array.from({ length: 23_000 }, (_, n) => [`a-long-name-of-a-member-${n}`, null]));
    await expect(fire(address, { tokenId: id, transitionId: 'go', data: nulls })).rejects.toThrow(/TOKEN_TOO_LARGE/);
    await fire(address, { tokenId: id, transitionId: 'go' });
    expect(await settledToken(address, id)).toMatchObject({ place: 'a', incident: { code: 'auth' } });
    expect(await graphql(address, UPDATE, { id })).toMatchObject({ updateToken: { data: { touched: true } } });
    await everythingElseGoesOn();
  });

  it('a record that the database refuses', { tags: ['storage-refuses', 'on-postgres'] }, async () => {
    const transition = { id: 'go', fromPlaces: ['a'], toPlace: 'b' };
    const net = { name: 'Recording', places: ['a', 'b', 'c'], initialPlace: 'a' };
    const transitions = [transition, { id: 'end', fromPlaces: ['b'], toPlace: 'c' }];
    await createWorkflow(address, { id: 'recording', ...net, transitions });
    await refuseRows(
      database.url,
      'tokens',
      `new.id = 'poisoned' and new.document->'data'->>'text' = 'poison' or new.id = 'refused' and new.version > 1`,
    );
    for (const id of ['poisoned', 'refused', 'sound']) await createToken(address, { id, workflowId: 'recording' });

    const poison = 'mutation { updateToken(id: "poisoned", data: { text: "poison" }) { version } }';
    await graphql(address, poison);
    await eventually(async () => {
      expect(await settledToken(address, 'poisoned')).toMatchObject({ incident: { code: 'record_refused' } });
    });
    await graphql(address, poison.replace('"poison"', '"mended"'));
    await fire(address, { tokenId: 'poisoned', transitionId: 'go' });
    await eventually(async () => {
      const token = await settledToken(address, 'poisoned');
      expect(token).toMatchObject({ place: 'b', data: { text: 'mended' } });
    });

    const { workflow } = new Client({ connection });
    await graphql(address, UPDATE, { id: 'refused' });
    await eventually(async () => {
      const incident = { code: 'record_refused' };
      expect(await workflow.getHandle('refused').query('token')).toMatchObject({ incident, data: { touched: true } });
    });
    await fire(address, { tokenId: 'sound', transitionId: 'go' });
    await everythingElseGoesOn();
  });

  it(
    'what the sweep cannot set right, because the database refuses it',
    { tags: ['storage-refuses', 'on-postgres'] },
    async () => {
      const id = await ask({ agentId: 'plain', input: 'q' });
      await ended(id);
      await refuseRows(database.url, 'executions', `new.id like 'unclosable-%' and tg_op = 'UPDATE'`);
      const copies = `insert into circuit_breaker.executions
        (id, agent_id, status, ended, created_at, revision, document)
      select copy, agent_id, status, ended, began, 0,
        (document::jsonb || jsonb_build_object('id', copy, 'createdAt', began))::json
      from circuit_breaker.executions, (
        select 'unclosable-' || n as copy, '2026-01-01T00:00:00.000Z' as began from generate_series(1, 150) n
        union all select 'closable', '2026-01-02T00:00:00.000Z'
      ) copies where id = '${id}'`;
      await onDatabase(database.url, copies);

      const { workflow } = new Client({ connection });
      const tokens = ['refused', 'cut-1', 'cut-2', 'cut-3'];
      for (const token of tokens.slice(1)) await createToken(address, { id: token, workflowId: 'recording' });
      for (const token of tokens) await workflow.getHandle(token).terminate();

      const states = `select id, status from circuit_breaker.tokens where id like 'cut-%' and status = 'TERMINATED'`;
      await eventually(async () => {
        expect(await onDatabase(database.url, states)).toHaveLength(3);
      });
      await eventually(async () => {
        const closed = `select id from circuit_breaker.executions where id = 'closable' and last_sequence is not null`;
        expect(await onDatabase(database.url, closed)).toHaveLength(1);
      });
      await everythingElseGoesOn();
    },
  );
});
