import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { watchExecution } from '../../src/client/index.js';
import { createAgent, graphql } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { newSetting, type Setting } from '../support/everything.js';
import { createTestDatabase, onDatabase, type TestDatabase } from '../support/postgres.js';
import { randomNumbers } from '../support/random-text.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';

const SEED = 20261129;
/** Between the words of a model that is to be met in the middle of them. */
const SLOW_MS = 300;

/** Two tools that count their effects in a file, and wait in the middle until there is another file. */
const MODULE = `
import { appendFile, access } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { defineTool } from 'circuit-breaker/tools';
import { z } from 'zod';

const folder = process.env.TOOLS_DIR;
const isThere = (name) => access(folder + '/' + name).then(() => true, () => false);

function counting(name, idempotent) {
  return defineTool({
    name,
    description: 'Pays.',
    input: z.object({ amount: z.number() }),
    idempotent,
    timeoutSeconds: 120,
    run: async ({ amount }, { idempotencyKey }) => {
      await appendFile(folder + '/effects.txt', idempotencyKey + '\\n');
      while (!(await isThere('gate-' + idempotencyKey.split(':')[0]))) await delay(20);
      return { paid: amount };
    },
  });
}

export const pay = counting('pay', false);
export const book = counting('book', true);
`;

/** Tools that do what nobody should within a process that others share. */
const UNRULY = `
import { defineTool } from 'circuit-breaker/tools';
import { z } from 'zod';

const unruly = (name, run) => defineTool({ name, description: 'Is unruly.', input: z.object({}), run });

export const leaks = unruly('leaks', () => {
  void Promise.reject(new Error('left to nobody'));
  setTimeout(() => { throw new Error('thrown at nobody'); });
  return 'leaked';
});
export const exits = unruly('exits', () => process.exit(7));
export const prints = unruly('prints', () => {
  process.stdout.write('printed past the log');
  console.log('printed');
  return 'printed';
});
`;

const TOOLS = ['pay', 'book'] as const;
const ANSWER = 'It is paid.';
const PAID = '{"paid":7}';

interface Ended {
  readonly status: string;
  readonly finalResponse: string | null;
  readonly warnings: readonly string[];
  /** What the model was told of its call. */
  readonly told: string;
  /** How often the call had its effect. */
  readonly effects: number;
}

describe('calls of tools that are idempotent, and of some that are not', () => {
  const random = randomNumbers(SEED);
  const processes: SpawnedProcess[] = [];
  let temporal: TestTemporalServer;
  let database: TestDatabase;
  let folder: string;
  let setting: Setting;
  let api: SpawnedProcess;
  let worker: SpawnedProcess;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'circuit-breaker-tools-'));
    await writeFile(join(folder, 'counting.mjs'), MODULE);
    await writeFile(join(folder, 'unruly.mjs'), UNRULY);
    [temporal, database] = await Promise.all([startTemporalServer(), createTestDatabase()]);
    setting = await newSetting({ TEMPORAL_ADDRESS: temporal.address, STORAGE_URL: database.url, TOOLS_DIR: folder });
    [api, worker] = await Promise.all([start('api'), start('worker')]);
    for (const tool of TOOLS) await Promise.all([agent(tool, 0), agent(tool, SLOW_MS)]);
  });

  afterAll(async () => {
    await Promise.all(processes.map((one) => one.kill()));
    await temporal.stop();
    await database.drop();
    await setting.remove();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(command: 'api' | 'worker'): Promise<SpawnedProcess> {
    const started = SpawnedProcess.start(command, setting.environment);
    processes.push(started);
    await started.untilReady();
    return started;
  }

  async function agent(tool: string, delayMs: number): Promise<void> {
    const responses = [
      { toolCalls: [{ name: tool, arguments: { amount: 7 } }], text: 'So I shall pay seven in one.' },
      ANSWER,
    ];
    const id = `${tool}-${delayMs}`;
    const llmProvider = { type: 'mock', model: 'mock-1', options: { delayMs, responses } };
    const prompts = { system: 'You pay.', userTemplate: 'Pay {input_data}' };
    await createAgent(setting.address, { id, name: id, llmProvider, prompts, tools: [tool] });
  }

  /** Begins an execution with each tool, and gives how each will have ended; `delayMs` is between words of the model. */
  async function begin(name: string, delayMs = 0): Promise<() => Promise<readonly Ended[]>> {
    const mutation = 'mutation ($input: ExecuteAgentInput!) { executeAgent(input: $input) { id } }';
    const watching = await Promise.all(
      TOOLS.map(async (tool) => {
        const id = `${name}-${tool}`;
        await graphql(setting.address, mutation, { input: { id, agentId: `${tool}-${delayMs}`, input: 'seven' } });
        // Comes again by itself where its API is killed, and holds what it has against the stored answer.
        const watched = watchExecution({ url: setting.address, executionId: id });
        const finished = watched.finished();
        return { id, watched, finished };
      }),
    );
    return () =>
      Promise.all(
        watching.map(async ({ id, watched, finished }) => {
          expect(await finished, id).toMatchObject({ eventType: 'completed', final_response: ANSWER });
          expect([watched.view.text, watched.isVerified], id).toEqual([ANSWER, true]);
          return await endOf(id);
        }),
      );
  }

  async function endOf(id: string): Promise<Ended> {
    const query = `query ($id: String!) {
      agentExecution(id: $id) { status finalResponse warnings }
    }`;
    const { agentExecution: execution } = await graphql<{ agentExecution: Omit<Ended, 'told'> }>(
      setting.address,
      query,
      { id },
    );
    const told = await toldIn(id);
    expect(told, id).toHaveLength(1);
    const warnings = execution.warnings.filter((warning) => !warning.includes('scripted'));
    const effects = (await effectsOf(id)).length;
    return { ...execution, warnings, told: told.join(), effects };
  }

  async function toldIn(id: string): Promise<readonly string[]> {
    const query = 'query ($id: String!) { agentExecution(id: $id) { conversationId } }';
    const messages = 'query ($id: String!) { conversation(id: $id) { messages { role content } } }';
    const { agentExecution } = await graphql<{ agentExecution: { conversationId: string } }>(setting.address, query, {
      id,
    });
    const { conversation } = await graphql<{
      conversation: { messages: readonly { role: string; content: string }[] };
    }>(setting.address, messages, { id: agentExecution.conversationId });
    return conversation.messages.filter(({ role }) => role === 'tool').map(({ content }) => content);
  }

  /** The keys of all effects that the calls of an execution had. */
  async function effectsOf(id: string): Promise<readonly string[]> {
    const text = await readFile(join(folder, 'effects.txt'), 'utf8').catch(() => '');
    const keys = text.split('\n').filter((line) => line.startsWith(`${id}:`));
    // It has one call: all its effects have one key.
    expect(keys.filter((key) => key !== `${id}:1:0`)).toEqual([]);
    return keys;
  }

  const openGates = (name: string) =>
    Promise.all(TOOLS.map((tool) => writeFile(join(folder, `gate-${name}-${tool}`), '')));
  const haveBegun = (name: string) =>
    eventually(async () => {
      for (const tool of TOOLS) expect(await effectsOf(`${name}-${tool}`)).toHaveLength(1);
    });
  const areStored = (name: string, table: string, condition: string) =>
    eventually(async () => {
      const id = table === 'executions' ? 'id' : 'execution_id';
      const statement = `select from circuit_breaker.${table} where ${id} like '${name}-%' and ${condition}`;
      expect(await onDatabase(database.url, statement)).toHaveLength(TOOLS.length);
    });

  const once = { status: 'COMPLETED', finalResponse: ANSWER, warnings: [], told: PAID, effects: 1 };
  const unknown = {
    ...once,
    warnings: [expect.stringContaining('nobody knows whether the call had its effect')],
    told: expect.stringContaining('Error: Nobody knows whether the call had its effect') as string,
  };

  it(
    'that leave errors to nobody, end the process and print, end no worker: each is told what came of it',
    { tags: 'tool-misbehaves' },
    async () => {
      const names = ['leaks', 'exits', 'prints'];
      const toolCalls = names.map((name) => ({ name, arguments: {} }));
      await createAgent(setting.address, {
        id: 'unruly',
        name: 'unruly',
        llmProvider: { type: 'mock', model: 'mock-1', options: { delayMs: 0, responses: [{ toolCalls }, ANSWER] } },
        prompts: { system: 'You try.', userTemplate: '{input_data}' },
        tools: names,
      });
      const mutation = 'mutation ($input: ExecuteAgentInput!) { executeAgent(input: $input) { id } }';
      await graphql(setting.address, mutation, { input: { id: 'unruly-run', agentId: 'unruly', input: 'all' } });
      await watchExecution({ url: setting.address, executionId: 'unruly-run' }).finished();
      expect(await toldIn('unruly-run')).toEqual([
        'leaked',
        expect.stringContaining('The tool failed: process.exit() within a tool would end the worker'),
        'printed',
      ]);
      for (const said of [
        'left to nobody',
        'thrown at nobody',
        'an error that a tool left to nobody',
        '"name":"leaks"',
      ]) {
        await worker.said(said);
      }
      expect(worker.hasEnded).toBe(false);
    },
  );

  it('run once where their worker is killed before they begin', { tags: 'worker-killed' }, async () => {
    const ended = await begin('before', SLOW_MS);
    await areStored('before', 'executions', "json_array_length(document->'attempts') = 1");
    await temporal.freeze();
    await areStored('before', 'turns', 'turn = 1');
    await worker.kill();
    temporal.thaw();
    for (const tool of TOOLS) expect(await effectsOf(`before-${tool}`)).toEqual([]);
    await openGates('before');
    worker = await start('worker');
    expect(await ended()).toEqual([once, once]);
  });

  it(
    'where it is killed in the middle of them, run again with the same key, or else say that nobody knows',
    { tags: 'worker-killed' },
    async () => {
      const ended = await begin('within');
      await haveBegun('within');
      await worker.kill();
      await openGates('within');
      worker = await start('worker');
      expect(await ended()).toEqual([unknown, { ...once, effects: 2 }]);
    },
  );

  it(
    'are not run again where it is killed after their end and before Temporal heard of it',
    { tags: 'worker-killed' },
    async () => {
      const ended = await begin('after');
      await haveBegun('after');
      await temporal.freeze();
      await openGates('after');
      await areStored('after', 'tool_calls', 'outcome is not null');
      await worker.kill();
      temporal.thaw();
      worker = await start('worker');
      expect(await ended()).toEqual([once, once]);
    },
  );

  it(
    'do not notice that the API is killed, before, in and after them; their viewers come again',
    { tags: 'api-killed' },
    async () => {
      const before = await begin('api-before', SLOW_MS);
      const within = await begin('api-within');
      await haveBegun('api-within');
      await api.kill();
      await openGates('api-before');
      api = await start('api');
      await delay(random() % 200);
      await api.kill();
      await openGates('api-within');
      await areStored('api-within', 'tool_calls', 'outcome is not null');
      api = await start('api');
      expect(await before()).toEqual([once, once]);
      expect(await within()).toEqual([once, once]);
    },
  );

  it(
    'have their effect once where the Temporal server is killed before, in and after them',
    { tags: 'temporal-killed' },
    async () => {
      const before = await begin('server-before', SLOW_MS);
      const within = await begin('server-within');
      const after = await begin('server-after');
      await Promise.all([haveBegun('server-within'), haveBegun('server-after')]);
      temporal.kill();
      // These have ended before their worker can say so, and are stored.
      await openGates('server-after');
      await areStored('server-after', 'tool_calls', 'outcome is not null');
      await temporal.restart();
      await delay(random() % 500);
      temporal.kill();
      await temporal.restart();
      await Promise.all([openGates('server-before'), openGates('server-within')]);
      // What the server lost sight of is attempted again beside itself: with its key, or not at all.
      for (const [paid, booked] of [await before(), await within()]) {
        expect(paid).toMatchObject({ status: 'COMPLETED', effects: 1 });
        expect(booked).toMatchObject({ status: 'COMPLETED', told: PAID, warnings: [] });
      }
      expect(await after()).toEqual([once, once]);
    },
  );
});
