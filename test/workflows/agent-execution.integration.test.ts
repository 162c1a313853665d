import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { AgentExecution } from '../../src/core/executions/execution.js';
import { ModelError } from '../../src/core/executions/model-error.js';
import type { ModelEvent, ModelRequest } from '../../src/core/executions/turn.js';
import type { LanguageModel } from '../../src/providers/language-model.js';
import { AGENT_EXECUTION } from '../../src/contract/messages.js';
import { anAgent, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { FINISH } from '../support/scripted-model.js';
import { startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';

/** Says what it was told to, answer by answer, or throws it, and keeps what it was asked. */
class ToldModel implements LanguageModel {
  answers: (string | Error)[] = [];
  requests: ModelRequest[] = [];

  // eslint-disable-next-line @typescript-eslint/require-await -- the port is asynchronous
  async *stream(request: ModelRequest): AsyncGenerator<ModelEvent> {
    this.requests.push(request);
    const usage = { inputTokens: 10, outputTokens: 2, totalTokens: 12 };
    const answer = this.answers.shift() ?? 'nothing left to say';
    if (answer instanceof Error) throw answer;
    yield { type: 'text', text: answer };
    yield { type: 'finish', finish: { ...FINISH, usage, warnings: ['temperature was not sent.'] } };
  }
}

const SCHEMA = { type: 'object', properties: { grade: { type: 'number' } }, required: ['grade'] };
const TOKEN = { id: 'run-1', workflowId: 'w', place: 'p', metadata: {}, transitionCount: 0 };
const model = new ToldModel();
let under: WorkerUnderTest;
let count = 0;

beforeAll(async () => {
  under = await startWorkerUnderTest(model);
  const provider = { type: 'custom' as const, model: 'm', baseUrl: 'http://127.0.0.1:9/v1', headers: {} };
  await under.storage.agents.create('grader', anAgent({ outputSchema: SCHEMA }), NOW);
  await under.storage.agents.create('once', anAgent({ outputSchema: SCHEMA, maxTurns: 1 }), NOW);
  const llmProvider = { ...provider, options: { contextTokens: 600 } };
  await under.storage.agents.create('talker', anAgent({ llmProvider }), NOW);
});

beforeEach(() => {
  model.requests = [];
});

afterAll(async () => {
  await under.stop();
});

/** Runs an agent on its own, to its end. */
async function run(agentId: string, answers: (string | Error)[], more: object = {}): Promise<AgentExecution> {
  model.answers = answers;
  count += 1;
  const executionId = `run-${count}`;
  const request = { executionId, agentId, input: { text: `Document ${count}` }, ...more };
  const handle = await under.client.workflow.start(AGENT_EXECUTION, {
    taskQueue: under.taskQueue,
    workflowId: executionId,
    args: [request],
  });
  await handle.result().catch(() => undefined);
  return await eventually(async () => {
    const execution = await under.storage.executions.get(executionId);
    if (execution?.completedAt === undefined) throw new Error('it has not been recorded yet');
    return execution;
  });
}

describe('an execution', () => {
  it('lets a model repair an answer that does not fit, once, and counts both turns', async () => {
    const execution = await run('grader', ['{"grade":"good"}', '{"grade":7}']);
    expect(execution).toMatchObject({
      status: 'COMPLETED',
      output: { grade: 7 },
      finalResponse: '{"grade":7}',
      usage: { inputTokens: 20, outputTokens: 4, totalTokens: 24 },
      warnings: ['temperature was not sent.'],
    });
    expect(execution.attempts.map(({ turn, outcome }) => [turn, outcome])).toEqual([
      [1, 'completed'],
      [2, 'completed'],
    ]);
    expect(model.requests[1]?.messages.slice(-2)).toMatchObject([
      { role: 'assistant', content: '{"grade":"good"}' },
      { role: 'user', content: expect.stringContaining('/grade must be number') as string },
    ]);
    const conversation = await under.storage.conversations.get(execution.conversationId);
    expect(conversation?.messages.at(-1)).toMatchObject({ role: 'assistant', content: '{"grade":7}' });
    const [page] = await under.streams.read([{ executionId: execution.id, from: 0, limit: 100 }]);
    const events = page?.entries.flatMap((entry) => entry.events) ?? [];
    expect(events.filter(({ eventType }) => eventType === 'attempt_started')).toMatchObject([
      { turn: 1, status: 'first' },
      { turn: 2, status: 'repair' },
    ]);
    expect(events.at(-1)).toMatchObject({ eventType: 'completed', turn: 2, final_response: '{"grade":7}' });
  });

  it('fails when the repaired answer does not fit either, and says what it has cost', async () => {
    const execution = await run('grader', ['no', 'still no', 'never asked for']);
    expect(execution).toMatchObject({ status: 'FAILED', errorCode: 'output_invalid', usage: { totalTokens: 24 } });
    expect(model.answers).toEqual(['never asked for']);
  });

  it('has no turn for a repair when it may take one only', async () => {
    expect(await run('once', ['no', 'never asked for'])).toMatchObject({ errorCode: 'output_invalid' });
    expect(model.requests).toHaveLength(1);
  });

  it(
    'is tried as often as its agent may fail: Temporal itself sets no maximum',
    { tags: 'lost-attempts' },
    async () => {
      const failures = Array.from({ length: 5 }, () => new ModelError('overloaded', 'busy'));
      const overrides = { retryConfig: { maxAttempts: 6, backoffSeconds: 0.01 } };
      const execution = await run('grader', [...failures, '{"grade":7}'], { overrides });
      expect(execution).toMatchObject({ status: 'COMPLETED', output: { grade: 7 } });
      expect(execution.attempts.map(({ outcome }) => outcome)).toEqual([...failures.map(() => 'failed'), 'completed']);
    },
  );

  it.each([
    ['nothing', []],
    ['null', [null]],
    ['a token that is none', [{ executionId: 'garbage-2', agentId: 'grader', input: {}, token: {} }]],
    ["another one's id", [{ executionId: 'run-1', agentId: 'nobody', input: {}, token: TOKEN }]],
  ])('that is started with %s fails at once, and ends nothing else', async (_what, args) => {
    const before = await run('grader', ['{"grade":7}']);
    const workflowId = `garbage-${crypto.randomUUID()}`;
    const handle = await under.client.workflow.start(AGENT_EXECUTION, { taskQueue: under.taskQueue, workflowId, args });
    await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'VALIDATION_FAILED' } });
    expect(await under.storage.executions.get(before.id)).toEqual(before);
    expect(await under.storage.executions.get(workflowId)).toBeUndefined();
  });

  it('speaks under the prompt of its own agent, in a conversation that another agent began', async () => {
    const conversationId = 'passed-on';
    await run('talker', ['one'], { conversationId });
    const content = anAgent({ prompts: { system: 'You are somebody else.', userTemplate: '{input_data}' } });
    await under.storage.agents.create('other', content, NOW);
    await run('other', ['two'], { conversationId });
    await run('other', ['three'], { conversationId });
    const heard = model.requests.map(({ messages }) => messages.map(({ role }) => role));
    expect(heard[2]).toEqual(['system', 'user', 'assistant', 'user', 'assistant', 'user']);
    expect(model.requests.map(({ messages }) => messages[0]?.content)).toEqual([
      'You review.',
      'You are somebody else.',
      'You are somebody else.',
    ]);
    const conversation = await under.storage.conversations.get(conversationId);
    expect(conversation?.messages.filter(({ role }) => role === 'system')).toHaveLength(2);
  });

  it('goes on with a conversation, as far as it fits into the context of its model', async () => {
    const conversationId = 'talk';
    const long = 'word '.repeat(200);
    await run('talker', [`one ${long}`], { conversationId });
    const second = await run('talker', ['two'], { conversationId });
    expect(model.requests.at(-1)?.messages.filter(({ role }) => role === 'user')).toHaveLength(2);
    expect(second.warnings).toEqual(['temperature was not sent.']);
    await run('talker', [`three ${long}`], { conversationId });
    const last = await run('talker', ['four'], { conversationId });
    const asked = model.requests.at(-1)?.messages ?? [];
    expect(asked[0]).toMatchObject({ role: 'system' });
    expect(asked.at(-1)).toMatchObject({ role: 'user' });
    expect(last.warnings[0]).toMatch(/older messages? (?:was|were) left out/);
    const conversation = await under.storage.conversations.get(conversationId);
    expect(conversation?.messages.filter(({ role }) => role === 'assistant')).toHaveLength(4);
  });
});
