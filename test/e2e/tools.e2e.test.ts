import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createAgent, graphql } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { newSetting, type Setting } from '../support/everything.js';
import { createTestDatabase, onDatabase, type TestDatabase } from '../support/postgres.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';

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
      while (!(await isThere('gate'))) await delay(20);
      return { paid: amount };
    },
  });
}

export const pay = counting('pay', false);
export const book = counting('book', true);
`;

interface Ended {
  readonly status: string;
  readonly finalResponse: string | null;
  readonly warnings: readonly string[];
  readonly conversationId: string;
}

describe('a tool whose worker is killed', () => {
  let temporal: TestTemporalServer;
  let database: TestDatabase;
  let folder: string;
  let setting: Setting;
  const processes: SpawnedProcess[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'circuit-breaker-tools-'));
    await writeFile(join(folder, 'counting.mjs'), MODULE);
    [temporal, database] = await Promise.all([startTemporalServer(), createTestDatabase()]);
    setting = await newSetting({
      TEMPORAL_ADDRESS: temporal.address,
      STORAGE_URL: database.url,
      TOOLS_DIR: folder,
    });
    await start('api', 'API ready');
  });

  afterEach(async () => {
    await Promise.all(processes.splice(0).map((one) => one.kill()));
    await temporal.stop();
    await database.drop();
    await setting.remove();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(command: 'api' | 'worker', ready: string): Promise<SpawnedProcess> {
    const started = SpawnedProcess.start(command, setting.environment);
    processes.push(started);
    await started.said(ready);
    return started;
  }

  async function begin(tool: string, delayMs = 0): Promise<string> {
    const responses = [
      { toolCalls: [{ name: tool, arguments: { amount: 7 } }], text: 'So I shall pay seven in one.' },
      'It is paid.',
    ];
    const id = `with-${tool}`;
    await createAgent(setting.address, {
      id,
      name: id,
      llmProvider: { type: 'mock', model: 'mock-1', options: { delayMs, responses } },
      prompts: { system: 'You pay.', userTemplate: 'Pay {input_data}' },
      tools: [tool],
    });
    const input = { id: `run-${tool}`, agentId: id, input: 'seven' };
    await graphql(setting.address, 'mutation ($input: ExecuteAgentInput!) { executeAgent(input: $input) { id } }', {
      input,
    });
    return input.id;
  }

  const effects = async () =>
    (await readFile(join(folder, 'effects.txt'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
  const openGate = () => writeFile(join(folder, 'gate'), '');
  const hasBegun = () =>
    eventually(async () => {
      expect(await effects()).toHaveLength(1);
    });
  const isStored = (statement: string) =>
    eventually(async () => {
      expect(await onDatabase(database.url, statement)).toHaveLength(1);
    });

  async function ended(id: string): Promise<Ended> {
    const query = 'query ($id: String!) { agentExecution(id: $id) { status finalResponse warnings conversationId } }';
    // Its stream ends when it has ended; the text that it ends with is the one that is stored.
    const response = await fetch(`${setting.address}/agent-stream/${id}`, { headers: { accept: 'text/event-stream' } });
    const last = (await response.text()).trim().split('\n\n').at(-1) ?? '';
    const { agentExecution } = await graphql<{ agentExecution: Ended }>(setting.address, query, { id });
    expect(last).toContain(`"final_response":${JSON.stringify(agentExecution.finalResponse)}`);
    return agentExecution;
  }

  /** What becomes of an execution whose worker is killed while its tool runs. */
  async function killedInTheMiddle(tool: string): Promise<Ended> {
    const worker = await start('worker', 'Worker ready');
    const id = await begin(tool);
    await hasBegun();
    await worker.kill();
    await openGate();
    await start('worker', 'Worker ready');
    const execution = await ended(id);
    expect(execution.status).toBe('COMPLETED');
    return execution;
  }

  async function toldOf(conversationId: string): Promise<string> {
    const query = 'query ($id: String!) { conversation(id: $id) { messages { role content toolCallId } } }';
    const { conversation } = await graphql<{
      conversation: { messages: readonly { role: string; content: string; toolCallId: string | null }[] };
    }>(setting.address, query, { id: conversationId });
    expect(conversation.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool', 'assistant']);
    return conversation.messages[3]?.content ?? '';
  }

  it.each(['pay', 'book'])('before it has begun, runs once: %s', async (tool) => {
    const worker = await start('worker', 'Worker ready');
    const id = await begin(tool, 500);
    await isStored("select from circuit_breaker.executions where json_array_length(document->'attempts') = 1");
    await temporal.freeze();
    await isStored('select from circuit_breaker.turns');
    await worker.kill();
    temporal.thaw();
    expect(await effects()).toEqual([]);
    await openGate();
    await start('worker', 'Worker ready');
    const { status, conversationId } = await ended(id);
    expect(status).toBe('COMPLETED');
    expect(await toldOf(conversationId)).toBe('{"paid":7}');
    expect(await effects()).toEqual([`run-${tool}:1:0`]);
  });

  it('in the middle, runs again with the same key where it is idempotent', async () => {
    const { warnings, conversationId } = await killedInTheMiddle('book');
    expect(warnings.join()).not.toContain('nobody knows');
    expect(await toldOf(conversationId)).toBe('{"paid":7}');
    expect(await effects()).toEqual(['run-book:1:0', 'run-book:1:0']);
  });

  it('in the middle, does not run again where it is not: the model and the execution say that nobody knows', async () => {
    const { warnings, conversationId } = await killedInTheMiddle('pay');
    expect(warnings.join()).toContain('nobody knows whether the call had its effect');
    expect(await toldOf(conversationId)).toContain('Error: Nobody knows whether the call had its effect');
    expect(await effects()).toEqual(['run-pay:1:0']);
  });

  it.each(['pay', 'book'])('after its end and before Temporal heard of it, is not run again: %s', async (tool) => {
    const worker = await start('worker', 'Worker ready');
    const id = await begin(tool);
    await hasBegun();
    await temporal.freeze();
    await openGate();
    await isStored('select from circuit_breaker.tool_calls where outcome is not null');
    await worker.kill();
    temporal.thaw();
    await start('worker', 'Worker ready');
    const { status, warnings, conversationId } = await ended(id);
    expect(status).toBe('COMPLETED');
    expect(warnings.join()).not.toContain('nobody knows');
    expect(await toldOf(conversationId)).toBe('{"paid":7}');
    expect(await effects()).toEqual([`run-${tool}:1:0`]);
  });
});
