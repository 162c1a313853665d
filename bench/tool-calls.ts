import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client, Connection } from '@temporalio/client';

import { createAgent } from '../test/support/api-client.js';
import { newSetting, startEverything } from '../test/support/everything.js';
import { startBareWorker } from './bare-worker.js';
import { milliseconds, printRow, quantile, timed } from './figures.js';

const CALLS = 10;
const EXECUTIONS = 50;
const ALONE = 10;

const MODULE = `
import { defineTool } from 'circuit-breaker/tools';
import { z } from 'zod';

export const add = defineTool({
  name: 'add',
  description: 'Adds.',
  input: z.object({ left: z.number(), right: z.number() }),
  idempotent: true,
  run: ({ left, right }) => left + right,
});
`;

/**
 * What a call of a tool takes beside the tool itself, from the end of the model's call to the beginning of the next; and many
 * executions at once. Beside a Temporal workflow that anybody could write: an activity for the model, one for the tool, and
 * nothing that is stored, streamed or remembered.
 */
export async function benchTools(environment: Record<string, string>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'circuit-breaker-bench-'));
  await writeFile(join(folder, 'add.mjs'), MODULE);
  const setting = await newSetting({ TOOLS_DIR: folder, ...environment });
  const everything = await startEverything(setting);
  const connection = await Connection.connect({ address: setting.temporalAddress });
  const client = new Client({ connection });
  const bare = await startBareWorker(setting.temporalAddress, { model: nothing, tool: add });
  try {
    await createAgent(setting.address, agent());
    console.log(`\nTools: ${CALLS} calls in an execution, one after the other`);
    for (const [name, begin] of [
      ['with us', ours(client)],
      ['bare SDK: two activities, nothing stored', bareAgents(client)],
    ] as const) {
      await begin('warm');
      await benchAlone(name, client, begin);
      await benchMany(name, begin);
    }
  } finally {
    await bare.stop();
    await connection.close();
    await everything.stop();
    await setting.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

type Begin = (id: string) => Promise<string>;

function agent(): object {
  const call = { toolCalls: [{ name: 'add', arguments: { left: 3, right: 4 } }], text: 'I add.' };
  const responses = [...Array.from({ length: CALLS }, () => call), 'Seven.'];
  return {
    id: 'adder',
    name: 'Adder',
    llmProvider: { type: 'mock', model: 'mock-1', options: { delayMs: 0, responses } },
    prompts: { system: 'You add.', userTemplate: '{input_data}' },
    tools: ['add'],
    maxTurns: CALLS + 2,
  };
}

/** Both resolve with the id of a Temporal workflow that has ended. */
function ours(client: Client): Begin {
  return async (id) => {
    const executionId = `bench-tools-${process.pid}-${id}`;
    const args = [{ executionId, agentId: 'adder', input: 'Add.' }];
    await client.workflow.execute('agentExecution', { taskQueue: 'circuit-breaker', workflowId: executionId, args });
    return executionId;
  };
}

function bareAgents(client: Client): Begin {
  return async (id) => {
    const workflowId = `bench-bare-tools-${process.pid}-${id}`;
    await client.workflow.execute('bareAgent', { taskQueue: 'bench-bare', workflowId, args: [CALLS] });
    return workflowId;
  };
}

async function benchAlone(name: string, client: Client, begin: Begin): Promise<void> {
  const added: number[] = [];
  for (let index = 0; index < ALONE; index += 1) {
    added.push(...(await betweenModelCalls(client, await begin(`alone-${index}`))));
  }
  printRow(`${name}: a call adds`, milliseconds(added));
}

/** By Temporal's own clock: how long after each end of a model's call the next one was asked for. */
async function betweenModelCalls(client: Client, id: string): Promise<readonly number[]> {
  const { events } = await client.workflow.getHandle(id).fetchHistory();
  const models = new Set<string>();
  const spans: number[] = [];
  let endedAt: number | undefined;
  for (const { eventId, eventTime, ...event } of events ?? []) {
    const at = Number(eventTime?.seconds) * 1000 + (eventTime?.nanos ?? 0) / 1e6;
    const asked = event.activityTaskScheduledEventAttributes?.activityType?.name ?? '';
    const ended = event.activityTaskCompletedEventAttributes?.scheduledEventId;
    if (asked === 'invokeModel' || asked === 'model') {
      models.add(String(eventId));
      if (endedAt !== undefined) spans.push(at - endedAt);
    } else if (ended != null && models.has(String(ended))) endedAt = at;
  }
  return spans;
}

async function benchMany(name: string, begin: Begin): Promise<void> {
  const took: number[] = [];
  const seconds = await timed(EXECUTIONS, EXECUTIONS, async (index) => {
    const startedAt = performance.now();
    await begin(`many-${index}`);
    took.push(performance.now() - startedAt);
  });
  const rate = `${((EXECUTIONS * CALLS) / seconds).toFixed(0)} calls/s`;
  const each = `an execution p50 ${(quantile(took, 0.5) / 1000).toFixed(2)} s   p95 ${(quantile(took, 0.95) / 1000).toFixed(2)} s`;
  printRow(`${name}: ${EXECUTIONS} executions at once`, `${rate}   ${each}`);
}

function nothing(): Promise<string> {
  return Promise.resolve('I add.');
}

function add(left: number, right: number): Promise<number> {
  return Promise.resolve(left + right);
}
