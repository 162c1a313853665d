import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

import type { JsonValue } from '../../src/core/json/json.js';
import type { AgentExecution } from '../../src/core/executions/execution.js';
import { AGENT_EXECUTION } from '../../src/contract/messages.js';
import { defineTool } from '../../src/tools/define-tool.js';
import { asks, AskingModel, type Step } from '../support/asking-model.js';
import { anAgent, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { A_SECRET, startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';

const runs: { name: string; key: string }[] = [];
const input = z.object({ number: z.string() });
const tools = [
  defineTool({
    name: 'lookup_order',
    description: 'Finds an order.',
    input,
    idempotent: true,
    run: async ({ number }, { idempotencyKey }) => {
      runs.push({ name: 'lookup_order', key: idempotencyKey });
      await delay(number === 'slow' ? 30 : 0);
      return { number, total: 12 };
    },
  }),
  defineTool({
    name: 'broken',
    description: 'Does what no tool should.',
    input: z.object({ how: z.string() }),
    timeoutSeconds: 0.2,
    run: async ({ how }) => {
      const circle: Record<string, unknown> = {};
      circle['self'] = circle;
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- a tool may throw anything
      if (how === 'throws') throw 'no such table';
      if (how === 'secret') throw new Error(`postgres://me:${A_SECRET}@db refused`);
      if (how === 'bytes') return { bytes: Buffer.alloc(100_000_000) };
      if (how === 'hangs') await new Promise(() => undefined);
      if (how === 'circle') return circle;
      if (how === 'bigint') return 1n;
      return how === 'large' ? 'x'.repeat(100_000_000) : undefined;
    },
  }),
];
const model = new AskingModel();
let under: WorkerUnderTest;
let count = 0;

beforeAll(async () => {
  under = await startWorkerUnderTest(model, { tools });
  const names = tools.map(({ name }) => name);
  await under.storage.agents.create('clerk', anAgent({ tools: names, maxTurns: 4, maxToolCalls: 6 }), NOW);
  await under.storage.agents.create('reader', anAgent({ tools: ['broken'] }), NOW);
  await under.storage.agents.create('bare', anAgent(), NOW);
  await under.storage.agents.create('late', anAgent({ tools: [...names, 'gone'] }), NOW);
});

beforeEach(() => {
  model.requests = [];
  runs.length = 0;
});

afterAll(async () => {
  await under.stop();
});

async function run(steps: Step[], agentId = 'clerk', executionId = `tools-${(count += 1)}`): Promise<AgentExecution> {
  model.steps = steps;
  const handle = await under.client.workflow.start(AGENT_EXECUTION, {
    taskQueue: under.taskQueue,
    workflowId: executionId,
    args: [{ executionId, agentId, input: 'Where is order 7?' }],
  });
  await handle.result().catch(() => undefined);
  return await eventually(async () => {
    const execution = await under.storage.executions.get(executionId);
    if (execution?.completedAt === undefined) throw new Error('it has not been recorded yet');
    return execution;
  });
}

describe('an agent with tools', () => {
  it('is told the results of its calls in their order, however long each took, and answers', async () => {
    const state = { format: 'anthropic-messages', content: ['signed'] };
    const asked = asks(['lookup_order', { number: 'slow' }], ['lookup_order', { number: '8' }]);
    const execution = await run([{ ...asked, providerState: state }, 'It is on its way.']);
    expect(execution).toMatchObject({ status: 'COMPLETED', finalResponse: 'It is on its way.', turn: 2 });
    expect(execution.usage).toMatchObject({ totalTokens: 10 });
    expect(model.requests[0]?.tools.map(({ name }) => name)).toEqual(['broken', 'lookup_order']);
    expect(model.requests[1]?.messages.slice(-3)).toMatchObject([
      { role: 'assistant', content: 'Let me see. ', toolCalls: asked.toolCalls, providerState: state },
      { role: 'tool', toolCallId: 'c0', content: '{"number":"slow","total":12}' },
      { role: 'tool', toolCallId: 'c1', content: '{"number":"8","total":12}' },
    ]);
    expect(runs.map(({ key }) => key).sort()).toEqual([`${execution.id}:1:0`, `${execution.id}:1:1`]);
  });

  it('runs no tool that it was not given, whatever its model asks for', async () => {
    const execution = await run([asks(['lookup_order', { number: '7' }]), 'I may not look.'], 'reader');
    expect(execution).toMatchObject({ status: 'COMPLETED', finalResponse: 'I may not look.' });
    expect(model.told).toEqual([['c0', expect.stringContaining('There is no tool "lookup_order"')]]);
    expect(runs).toEqual([]);
  });

  it('shows its calls and their results in the stream, behind the text of their turn', async () => {
    const { id } = await run([asks(['lookup_order', { number: '7' }]), 'Here it is.']);
    const events = await eventually(async () => {
      const [page] = await under.streams.read([{ executionId: id, from: 0, limit: 100 }]);
      if (page?.state !== 'closed') throw new Error('the stream is open');
      return page.entries.flatMap((entry) => entry.events);
    });
    const place = { turn: 1, attempt: 1, toolName: 'lookup_order', toolCallId: 'c0' };
    expect(events.map(({ eventType, turn }) => `${turn} ${eventType}`)).toEqual([
      '1 attempt_started',
      '1 content_chunk',
      '1 thinking',
      '1 tool_call',
      '1 tool_result',
      '2 attempt_started',
      '2 content_chunk',
      '2 completed',
    ]);
    expect(events[3]).toMatchObject({ ...place, arguments: { number: '7' } });
    expect(events[4]).toMatchObject({ ...place, result: { number: '7', total: 12 } });
    expect(events[5]).toMatchObject({ status: 'tools' });
  });

  it('shows the beginning of what is long, and says so', async () => {
    const number = 'x'.repeat(900_000);
    const { id } = await run([asks(['lookup_order', { number }]), 'Here it is.']);
    expect(model.told).toEqual([['c0', expect.stringContaining('The tool answered more than 65536 bytes') as string]]);
    const events = await eventually(async () => {
      const [page] = await under.streams.read([{ executionId: id, from: 0, limit: 100 }]);
      if (page?.state !== 'closed') throw new Error('the stream is open');
      return page.entries.flatMap((entry) => entry.events);
    });
    const called = events.find(({ eventType }) => eventType === 'tool_call');
    expect(called).toMatchObject({
      arguments: { cut: expect.stringMatching(/^\{"number":"x{100}/) as string, length: 900_013 },
    });
  });

  it.each<[JsonValue, string]>([
    [{ how: 'throws' }, 'Error: The tool failed: no such table. '],
    [{ how: 'hangs' }, 'Error: The tool took longer than 0.2 s. '],
    [{ how: 'circle' }, 'Error: The tool answered something that is no JSON. '],
    [{ how: 'bigint' }, 'Error: The tool answered something that is no JSON. '],
    [{ how: 'large' }, 'Error: The tool answered more than 65536 bytes, which is what a result may have. '],
    [{ how: 'bytes' }, 'Error: The tool answered more than 65536 bytes, which is what a result may have. '],
    [{ how: 'secret' }, 'Error: The tool failed: postgres://[secret]@db refused. '],
    [{ how: 'nothing' }, 'null'],
    [{ how: 7 }, 'Error: The arguments do not fit: /how '],
    ['{"how": ', 'Error: The arguments do not fit: they are no JSON object. '],
    [
      JSON.parse('{"how": "nothing", "__proto__": {"how": 1}}') as JsonValue,
      'Error: The arguments do not fit: /__proto__ ',
    ],
  ])('goes on after a call that comes to nothing, and is told what to do: %j', async (given, told) => {
    expect(await run([asks(['broken', given]), 'Then not.'])).toMatchObject({ status: 'COMPLETED', warnings: [] });
    expect(model.told[0]?.[1].slice(0, told.length)).toBe(told);
  });

  it('is told so when it asks for a tool that is not there', async () => {
    expect(await run([asks(['look_up', {}]), 'Then not.'])).toMatchObject({ status: 'COMPLETED' });
    expect(model.told).toEqual([['c0', expect.stringContaining('There is no tool "look_up"')]]);
  });

  it('has calls of one id each, whatever ids the model invents', async () => {
    const twice = asks(['lookup_order', { number: '1' }, 'a'], ['lookup_order', { number: '2' }, 'a']);
    await run([twice, asks(['lookup_order', { number: '3' }, 'a']), 'Done.']);
    expect(model.told.map(([id, content]) => [id, (JSON.parse(content) as { number: string }).number])).toEqual([
      ['a', '1'],
      ['a_2', '2'],
      ['a_3', '3'],
    ]);
  });

  it('that asks for ever ends with turn_limit, by its turns and by its calls', async () => {
    const one = asks(['lookup_order', { number: '1' }]);
    expect(await run([one])).toMatchObject({
      status: 'FAILED',
      errorCode: 'turn_limit',
      errorMessage: expect.stringContaining('maxTurns') as string,
    });
    expect(runs).toHaveLength(3);
    const four = asks(...[1, 2, 3, 4].map((number) => ['lookup_order', { number: String(number) }] as const));
    expect(await run([four])).toMatchObject({
      errorCode: 'turn_limit',
      errorMessage: expect.stringContaining('maxToolCalls') as string,
    });
    expect(runs).toHaveLength(7);
  });

  it('that has none fails when its model asks for one', async () => {
    expect(await run([asks(['lookup_order', {}])], 'bare')).toMatchObject({ errorCode: 'tool_failed' });
  });

  it('is not told of a tool that nobody offers any more, and says so', async () => {
    const { warnings } = await run(['Fine.'], 'late');
    expect(warnings).toEqual(['The model was not given the tool "gone": no worker offers it any more.']);
  });
});
