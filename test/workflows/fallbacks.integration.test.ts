import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';

import type { Dispatcher } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

import type { AgentContent } from '../../src/core/agents/agent.js';
import type { AgentExecution } from '../../src/core/executions/execution.js';
import type { StreamEvent } from '../../src/core/streams/stream-event.js';
import { AGENT_EXECUTION } from '../../src/contract/messages.js';
import { createDispatcher } from '../../src/providers/connection/dispatcher.js';
import { createLanguageModel } from '../../src/providers/create-language-model.js';
import { readCredentials } from '../../src/providers/keys/read-credentials.js';
import { defineTool } from '../../src/tools/define-tool.js';
import { WIRES } from '../providers/formats/contract/wire-under-test.js';
import { anAgent, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { beginStream, startFaultServer, type FaultServer } from '../support/fault-server.js';
import { schemasInThisThread } from '../support/schemas.js';
import { THIS_MACHINE } from '../support/this-machine.js';
import { startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';

const { MESSAGES, RESPONSES } = WIRES;
const SCHEMA = { type: 'object', properties: { grade: { type: 'number' } }, required: ['grade'] };
const ANSWER = '{"grade":7}';
const PNG = `data:image/png;base64,${Buffer.from('\x89PNG\r\n\x1a\n and so on', 'latin1').toString('base64')}`;
const TWICE = { retryConfig: { maxAttempts: 2, backoffSeconds: 0.01 } };
const weigh = defineTool({
  name: 'weigh',
  description: 'Weighs.',
  input: z.object({ grams: z.number() }),
  run: ({ grams }) => `${grams} g`,
});

let own: FaultServer;
let other: FaultServer;
const servers: FaultServer[] = [];
let dispatcher: Dispatcher;
let under: WorkerUnderTest;
let count = 0;

beforeAll(async () => {
  dispatcher = createDispatcher({ connectionTimeoutMs: 5_000, privateHosts: THIS_MACHINE });
  const credentials = readCredentials({ credentials: {} });
  const model = createLanguageModel({ credentials, dispatcher, schemas: schemasInThisThread });
  under = await startWorkerUnderTest(model, { tools: [weigh] });
});

beforeEach(async () => {
  [own, other] = await Promise.all([startFaultServer(), startFaultServer()]);
  servers.push(own, other);
  own.behave((_request, response) => {
    refuse(response, 529, 'overloaded_error');
  });
  other.behave((_request, response) => {
    answer(response, RESPONSES.text('{"grade"') + RESPONSES.text(':7}'));
  });
});

afterAll(async () => {
  await under.stop();
  await Promise.all([dispatcher.destroy(), ...servers.map((server) => server.stop())]);
});

function refuse(response: ServerResponse, status: number, type: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ type: 'error', error: { type, message: 'no' } }));
}

function answer(response: ServerResponse, frames: string, wire = RESPONSES): void {
  beginStream(response);
  response.end(frames + wire.finish('stop'));
}

/** Runs an agent on Anthropic's API whose fallback is on OpenAI's. */
async function run(content: Partial<AgentContent> = {}, input = 'A memo'): Promise<AgentExecution> {
  count += 1;
  const [id, executionId] = [`grader-${count}`, `graded-${count}`];
  const llmProvider = MESSAGES.provider(own.root, { model: 'claude-opus-4-5' });
  const fallbacks = [{ llmProvider: RESPONSES.provider(other.root, { model: 'gpt-4o' }) }];
  const llmConfig = { temperature: 0.3 };
  await under.storage.agents.create(
    id,
    anAgent({ llmProvider, fallbacks, outputSchema: SCHEMA, llmConfig, ...content }),
    NOW,
  );
  const handle = await under.client.workflow.start(AGENT_EXECUTION, {
    taskQueue: under.taskQueue,
    workflowId: executionId,
    args: [{ executionId, agentId: id, input, overrides: TWICE }],
  });
  await handle.result().catch(() => undefined);
  return await eventually(async () => {
    const execution = await under.storage.executions.get(executionId);
    if (execution?.completedAt === undefined) throw new Error('it has not been recorded yet');
    return execution;
  });
}

async function eventsOf(executionId: string): Promise<readonly StreamEvent[]> {
  return await eventually(async () => {
    const [page] = await under.streams.read([{ executionId, from: 0, limit: 1000 }]);
    if (page?.state !== 'closed') throw new Error('the stream is open');
    return page.entries.flatMap((entry) => entry.events);
  });
}

const attemptsOf = ({ attempts }: AgentExecution) =>
  attempts.map(({ turn, provider, model, outcome, errorCode = '' }) =>
    [turn, provider, model, outcome, errorCode].join(' ').trim(),
  );

describe('a turn whose provider has failed for good', () => {
  it('goes on at the fallback, in its own format, and voids what the first had said', async () => {
    own.behave((_request, response) => {
      beginStream(response);
      response.end(MESSAGES.text('{"gra') + MESSAGES.overloaded());
    });
    const execution = await run();
    expect(execution).toMatchObject({
      status: 'COMPLETED',
      finalResponse: ANSWER,
      output: { grade: 7 },
      warnings: expect.arrayContaining([
        'The fallback openai gpt-4o answered, not anthropic claude-opus-4-5 (overloaded).',
      ]) as string[],
    });
    expect(attemptsOf(execution)).toEqual([
      '1 anthropic claude-opus-4-5 failed overloaded',
      '1 anthropic claude-opus-4-5 failed overloaded',
      '1 openai gpt-4o completed',
    ]);
    expect(other.bodies).toMatchObject([{ model: 'gpt-4o', temperature: 0.3, text: { format: { schema: SCHEMA } } }]);
    expect(own.bodies[0]).not.toHaveProperty('temperature');

    const events = await eventsOf(execution.id);
    expect(events.flatMap((event) => (event.eventType === 'attempt_started' ? [event.status] : []))).toEqual([
      'first',
      'overloaded',
      'fallback',
    ]);
    const begun = events.findLastIndex(({ eventType }) => eventType === 'attempt_started');
    const said = events.slice(begun).map((event) => (event.eventType === 'content_chunk' ? event.content : ''));
    expect(said.join('')).toBe(ANSWER);
    const sha256 = createHash('sha256').update(ANSWER).digest('hex');
    expect(events.at(-1)).toMatchObject({ eventType: 'completed', final_response: ANSWER, sha256 });
  });

  it('leaves at once where trying again is no use, and fails where no fallback is for the code', async () => {
    own.behave((_request, response) => {
      refuse(response, 401, 'authentication_error');
    });
    expect(attemptsOf(await run())).toEqual(['1 anthropic claude-opus-4-5 failed auth', '1 openai gpt-4o completed']);
    const llmProvider = RESPONSES.provider(other.root, { model: 'gpt-4o' });
    const execution = await run({ fallbacks: [{ llmProvider, on: ['overloaded'] }] });
    expect(execution).toMatchObject({ status: 'FAILED', errorCode: 'auth' });
    expect(other.bodies).toHaveLength(1);
  });

  it('has the code of the last provider when all have failed, and names the others', async () => {
    other.behave((_request, response) => {
      refuse(response, 404, 'model_not_found');
    });
    const execution = await run();
    expect(execution).toMatchObject({
      status: 'FAILED',
      errorCode: 'model_not_found',
      errorMessage: expect.stringContaining('after anthropic claude-opus-4-5 (overloaded)') as string,
    });
    expect((await eventsOf(execution.id)).at(-1)).toMatchObject({ eventType: 'failed', errorCode: 'model_not_found' });
  });

  it('gives each provider all of its attempts', async () => {
    const replies = [529, 200];
    other.behave((_request, response) => {
      const status = replies.shift();
      if (status === 529) refuse(response, 503, 'server_error');
      else answer(response, RESPONSES.text(ANSWER));
    });
    const execution = await run();
    expect(execution.attempts.map(({ provider, outcome }) => `${provider} ${outcome}`)).toEqual([
      'anthropic failed',
      'anthropic failed',
      'openai failed',
      'openai completed',
    ]);
  });

  it('takes the tool calls of one provider to another, without the thoughts that only the first can read', async () => {
    own.behave((_request, response) => {
      if (own.bodies.length > 1) refuse(response, 529, 'overloaded_error');
      else answer(response, THINKS_AND_CALLS, MESSAGES);
    });
    const execution = await run({ tools: ['weigh'] });
    expect(execution).toMatchObject({ status: 'COMPLETED', output: { grade: 7 } });
    expect(attemptsOf(execution)).toEqual([
      '1 anthropic claude-opus-4-5 completed',
      '2 anthropic claude-opus-4-5 failed overloaded',
      '2 anthropic claude-opus-4-5 failed overloaded',
      '2 openai gpt-4o completed',
    ]);
    const [body] = other.bodies as readonly { readonly input: readonly object[] }[];
    expect(body?.input.slice(-2)).toEqual([
      { type: 'function_call', call_id: 'call-1', name: 'weigh', arguments: '{"grams":3}' },
      { type: 'function_call_output', call_id: 'call-1', output: '3 g' },
    ]);
    expect(JSON.stringify(body)).not.toContain('c2lnbmVk');
    // The provider that it is of gets it back.
    expect(JSON.stringify(own.bodies[1])).toContain('c2lnbmVk');
  });

  it('passes over a fallback that does not take its pictures', async () => {
    const blind = RESPONSES.provider(other.root, { model: 'gpt-3.5-turbo' });
    const seeing = RESPONSES.provider(other.root, { model: 'gpt-4o' });
    const fallbacks = [{ llmProvider: blind }, { llmProvider: seeing }];
    const execution = await run({ fallbacks }, PNG);
    expect(execution).toMatchObject({ status: 'COMPLETED', output: { grade: 7 } });
    expect(attemptsOf(execution).at(-1)).toBe('1 openai gpt-4o completed');
    expect(JSON.stringify(other.bodies)).toContain(PNG);
    expect(other.bodies).toHaveLength(1);
  });
});

describe('a provider that has failed often lately', () => {
  it('is called no more, also in the middle of a turn, and who reads the answer is told', async () => {
    const executions: AgentExecution[] = [];
    for (let index = 0; index < 8; index += 1) executions.push(await run());
    expect(executions.map(({ status }) => status)).toEqual(executions.map(() => 'COMPLETED'));
    expect(executions.map(({ attempts }) => attempts.length)).toEqual([3, 3, 2, 1, 1, 1, 1, 1]);
    expect(own.bodies).toHaveLength(5);
    const last = executions.at(-1);
    expect(last?.warnings).toContain(
      'The fallback openai gpt-4o answered, not anthropic claude-opus-4-5 (overloaded often lately).',
    );
    const events = await eventsOf(last?.id ?? '');
    expect(events.slice(0, 2)).toMatchObject([
      { eventType: 'attempt_started', status: 'fallback' },
      { eventType: 'thinking', status: 'retrying' },
    ]);
    expect(await under.storage.breakers.list()).toContainEqual(
      expect.objectContaining({ state: expect.objectContaining({ type: 'open', code: 'overloaded' }) as object }),
    );
  });

  it('gets no call at all until its time is over, however many ask at once', async () => {
    const key = { provider: 'anthropic' as const, origin: own.root, model: 'claude-opus-4-5' };
    await under.storage.breakers.replace(key, undefined, { type: 'open', code: 'overloaded', forMs: 600_000 });
    const executions = await Promise.all(Array.from({ length: 30 }, () => run()));
    expect(own.bodies).toEqual([]);
    expect(other.bodies).toHaveLength(30);
    expect(new Set(executions.flatMap(attemptsOf))).toEqual(new Set(['1 openai gpt-4o completed']));
  });

  it('is tried by one of many once its time is over, and called by all again when it has answered that one', async () => {
    const key = { provider: 'anthropic' as const, origin: own.root, model: 'claude-opus-4-5' };
    await under.storage.breakers.replace(key, undefined, { type: 'open', code: 'overloaded', forMs: 0 });
    let release = (): void => undefined;
    own.behave((_request, response) => {
      release = () => {
        answer(response, MESSAGES.text(ANSWER), MESSAGES);
      };
    });
    const many = Array.from({ length: 10 }, () => run());
    await eventually(() => {
      expect(other.bodies).toHaveLength(9);
    });
    expect(own.bodies).toHaveLength(1);
    release();
    const answered = (await Promise.all(many)).map(({ attempts }) => attempts.map(({ provider }) => provider).join());
    expect(answered.toSorted()).toEqual(['anthropic', ...Array.from({ length: 9 }, () => 'openai')]);
    await eventually(async () => {
      expect(await under.storage.breakers.get(key)).toBeUndefined();
    });
    own.behave((_request, response) => {
      answer(response, MESSAGES.text(ANSWER), MESSAGES);
    });
    expect((await run()).attempts).toMatchObject([{ provider: 'anthropic', outcome: 'completed' }]);
  });
});

const frame = (data: { readonly type: string; readonly [field: string]: unknown }) =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;

const THINKS_AND_CALLS = [
  { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Hm.' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'c2lnbmVk' } },
  { type: 'content_block_stop', index: 0 },
  {
    type: 'content_block_start',
    index: 1,
    content_block: { type: 'tool_use', id: 'call-1', name: 'weigh', input: {} },
  },
  { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"grams":3}' } },
  { type: 'content_block_stop', index: 1 },
]
  .map(frame)
  .join('');
