import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { watchExecution } from '../../src/client/index.js';
import { createAgent, graphql } from '../support/api-client.js';
import { newSetting, type Setting } from '../support/everything.js';
import { createTestDatabase, onDatabase, type TestDatabase } from '../support/postgres.js';
import { randomNumbers } from '../support/random-text.js';
import { report } from '../support/report.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';

const SEED = 20261130;
const EXECUTIONS = 20;
const TURNS = 3;
/** What each turn calls, side by side. */
const CALLS = ['pay', 'book', 'pay', 'book', 'read'] as const;
const KILLS = 6;
/** So many calls run when something is killed. */
const AT_ONCE = 10;
/** Longer than the heartbeat timeout of a call: what ran then is taken for lost. */
const LONG_OUTAGE_MS = 7000;
const ANSWER = 'All of it is paid.';

/** Tools that have their effect, a line in a file, somewhere in the middle of their time. */
const MODULE = `
import { appendFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { defineTool } from 'circuit-breaker/tools';
import { z } from 'zod';

const wait = () => delay(Math.random() * 400);

function counting(name, idempotent) {
  return defineTool({
    name,
    description: 'Pays.',
    input: z.object({ amount: z.number() }),
    idempotent,
    run: async ({ amount }, { idempotencyKey }) => {
      await wait();
      await appendFile(process.env.TOOLS_DIR + '/effects.txt', name + ' ' + idempotencyKey + '\\n');
      await wait();
      return { done: amount };
    },
  });
}

export const pay = counting('pay', false);
export const book = counting('book', true);
export const read = counting('read', true);
`;

interface Stored {
  readonly agentExecution: {
    readonly status: string;
    readonly finalResponse: string | null;
    readonly warnings: readonly string[];
    readonly conversationId: string;
  };
}

describe(`${EXECUTIONS} executions whose tools run while workers and the Temporal server are killed at random moments`, () => {
  const random = randomNumbers(SEED);
  const workers: SpawnedProcess[] = [];
  const ids = Array.from({ length: EXECUTIONS }, (_, index) => `payment-${index}`);
  let temporal: TestTemporalServer;
  let database: TestDatabase;
  let folder: string;
  let setting: Setting;
  let api: SpawnedProcess;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'circuit-breaker-tools-'));
    await writeFile(join(folder, 'counting.mjs'), MODULE);
    [temporal, database] = await Promise.all([startTemporalServer(), createTestDatabase()]);
    setting = await newSetting({ TEMPORAL_ADDRESS: temporal.address, STORAGE_URL: database.url, TOOLS_DIR: folder });
    api = await SpawnedProcess.ready('api', setting.environment);
    workers.push(...(await Promise.all([startWorker(), startWorker(), startWorker()])));
    const turn = {
      toolCalls: CALLS.map((name, amount) => ({ name, arguments: { amount } })),
      text: 'There is more to pay.',
    };
    const responses = [...Array.from({ length: TURNS }, () => turn), ANSWER];
    await createAgent(setting.address, {
      ...{ id: 'payer', name: 'Payer', tools: ['pay', 'book', 'read'], maxTurns: TURNS + 1 },
      llmProvider: { type: 'mock', model: 'mock-1', options: { delayMs: 5, responses } },
      prompts: { system: 'You pay.', userTemplate: 'Pay {input_data}' },
    });
  });

  afterAll(async () => {
    await Promise.all([api, ...workers].map((one) => one.kill()));
    await temporal.stop();
    await database.drop();
    await setting.remove();
    await rm(folder, { recursive: true, force: true });
  });

  function startWorker(): Promise<SpawnedProcess> {
    return SpawnedProcess.ready('worker', setting.environment);
  }

  /** Attempts that were under way at an earlier kill: a lost one looks as if it went on until its heartbeat is missed. */
  const hit = new Set<string>();

  /** Kills hit what they are meant to hit: calls that have begun, have not ended, and are not lost already. False once all has ended. */
  async function callsAreRunning(): Promise<boolean> {
    const running = `select concat_ws(' ', execution_id, turn, index, attempt) as attempt from circuit_breaker.tool_calls
      where outcome is null and attempt <> ''`;
    const open = 'select from circuit_breaker.executions where not ended limit 1';
    while ((await onDatabase(database.url, open)).length > 0) {
      const attempts = (await onDatabase(database.url, running)).map(({ attempt }) => String(attempt));
      if (attempts.filter((one) => !hit.has(one)).length >= AT_ONCE) {
        for (const one of attempts) hit.add(one);
        return true;
      }
      await delay(20);
    }
    return false;
  }

  /** What is killed is started again beside the kills that follow: by the time that a worker takes to start, all would be done. */
  async function killAtRandom(): Promise<void> {
    const starting: Promise<unknown>[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      if (!(await callsAreRunning())) break;
      await delay(random() % 100);
      // First: a worker does not start while it is away.
      if (kill === 0) {
        temporal.kill();
        await delay(LONG_OUTAGE_MS);
        await temporal.restart();
      } else {
        const [victim] = workers.splice(random() % workers.length, 1);
        await victim?.kill();
        starting.push(startWorker().then((worker) => workers.push(worker)));
        if (workers.length === 0) await Promise.race(starting);
      }
    }
    await Promise.all(starting);
  }

  async function effects(): Promise<ReadonlyMap<string, number>> {
    const lines = (await readFile(join(folder, 'effects.txt'), 'utf8')).split('\n').filter((line) => line !== '');
    const counted = new Map<string, number>();
    for (const line of lines) counted.set(line, (counted.get(line) ?? 0) + 1);
    return counted;
  }

  it(
    'have every call once where its tool is idempotent, the others at most once, and tell the model which',
    { tags: ['worker-killed', 'temporal-killed'] },
    async () => {
      const mutation = 'mutation ($input: ExecuteAgentInput!) { executeAgent(input: $input) { id } }';
      const watched = await Promise.all(
        ids.map(async (id) => {
          await graphql(setting.address, mutation, { input: { id, agentId: 'payer', input: 'all' } });
          const watching = watchExecution({ url: setting.address, executionId: id });
          return { id, watching, finished: watching.finished() };
        }),
      );
      await killAtRandom();
      for (const { id, watching, finished } of watched) {
        expect(await finished, id).toMatchObject({ eventType: 'completed', final_response: ANSWER });
        expect([watching.view.text, watching.isVerified], id).toEqual([ANSWER, true]);
      }
      const counted = await effects();
      let unknown = 0;
      let repeated = 0;
      for (const id of ids) {
        const query = `query ($id: String!) { agentExecution(id: $id) { status finalResponse warnings conversationId } }`;
        const { agentExecution } = await graphql<Stored>(setting.address, query, { id });
        expect(agentExecution, id).toMatchObject({ status: 'COMPLETED', finalResponse: ANSWER });
        const messages = 'query ($id: String!) { conversation(id: $id) { messages { role content } } }';
        const { conversation } = await graphql<{
          conversation: { messages: readonly { role: string; content: string }[] };
        }>(setting.address, messages, { id: agentExecution.conversationId });
        const told = conversation.messages.filter(({ role }) => role === 'tool').map(({ content }) => content);
        expect(told, id).toHaveLength(TURNS * CALLS.length);
        const ownUnknown = told.filter((words) => words.includes('Nobody knows')).length;
        // Those of one tool in one turn say the same.
        const warned = agentExecution.warnings.filter((warning) => warning.includes('nobody knows'));
        expect(warned.length > 0, id).toBe(ownUnknown > 0);
        told.forEach((words, place) => {
          const index = place % CALLS.length;
          const key = `${CALLS[index] ?? ''} ${id}:${Math.floor(place / CALLS.length) + 1}:${index}`;
          const times = counted.get(key) ?? 0;
          const isRepeatable = CALLS[index] !== 'pay';
          if (words === `{"done":${index}}`) expect(times, key).toBeGreaterThanOrEqual(1);
          else expect([isRepeatable, words], key).toEqual([false, expect.stringContaining('Nobody knows')]);
          if (!isRepeatable) expect(times, key).toBeLessThanOrEqual(1);
          repeated += Math.max(0, times - 1);
        });
        unknown += ownUnknown;
      }
      expect(counted.size).toBeLessThanOrEqual(EXECUTIONS * TURNS * CALLS.length);
      report(`${EXECUTIONS * TURNS * CALLS.length} calls: ${repeated} were made again, of ${unknown} nobody knows`);
      // Kills that hit nothing would show nothing.
      expect(unknown + repeated).toBeGreaterThan(0);
    },
  );
});
