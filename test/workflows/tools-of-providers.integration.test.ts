import { fileURLToPath } from 'node:url';

import type { Dispatcher } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import type { LlmProvider } from '../../src/core/agents/agent.js';
import type { AgentExecution } from '../../src/core/executions/execution.js';
import type { JsonObject } from '../../src/core/json/json.js';
import type { StreamEvent } from '../../src/core/streams/stream-event.js';
import { AGENT_EXECUTION } from '../../src/contract/messages.js';
import { createDispatcher } from '../../src/providers/connection/dispatcher.js';
import { createLanguageModel } from '../../src/providers/create-language-model.js';
import { readCredentials } from '../../src/providers/keys/read-credentials.js';
import { defineTool } from '../../src/tools/define-tool.js';
import { WIRES } from '../providers/formats/contract/wire-under-test.js';
import { startAimock, type AimockProcess } from '../support/aimock-process.js';
import { anAgent, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { TURNS } from '../support/aimock-clerk.js';
import { beginStream, startFaultServer, type FaultServer } from '../support/fault-server.js';
import { schemasInThisThread } from '../support/schemas.js';
import { startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';
import { THIS_MACHINE } from '../support/this-machine.js';

const tools = [
  defineTool({
    name: 'shop.order',
    description: 'Finds an order.',
    input: z.object({ number: z.string() }),
    idempotent: true,
    run: ({ number }) => ({ number, total: 12 }),
  }),
  defineTool({
    name: 'weigh',
    description: 'Weighs.',
    input: z.object({ grams: z.number() }),
    run: ({ grams }) => `${grams} g`,
  }),
];

const NOT_THERE = 'Error: There is no tool "refund_all". Use one of those that you were given, or go on without it.';
const NO_FIT = expect.stringMatching(
  /^Error: The arguments do not fit: \/number .* Call it again with others\.$/,
) as string;
const found = (number: string) => JSON.stringify({ number, total: 12 });
/** What the tools said, turn by turn. */
const RESULTS = [[found('7')], [found('8'), '3 g'], [NOT_THERE, NO_FIT], [found('9')]] as const;

const outputSchema = { type: 'object', properties: { orders: { type: 'number' } }, required: ['orders'] };
const calls = (turn: number) => TURNS[turn]?.toolCalls ?? [];
const turns = [0, 1, 2, 3] as const;

interface Wire {
  readonly name: string;
  readonly provider: (root: string) => LlmProvider;
  /** Where the body has what was said. */
  readonly said: 'messages' | 'input' | 'contents';
  /** What the last request has of it, behind the prompts. */
  readonly goesBack: readonly unknown[];
  /** Of the first request: how tools are offered. */
  readonly offered: JsonObject;
  readonly usage: object;
  /** Its calls have no ids: they get some of ours. */
  readonly hasNoIds?: true;
  /** aimock sends no thoughts in this API. */
  readonly isSilent?: true;
}

const COUNTED = { inputTokens: 50, outputTokens: 10, totalTokens: 60 };
const parameters = expect.objectContaining({ type: 'object', required: ['number'] }) as JsonObject;
const asFunction = { name: 'shop--order', description: 'Finds an order.' };

const wires: readonly Wire[] = [
  {
    name: 'custom',
    provider: (root) => WIRES.CHAT.provider(root, { model: 'deepseek-reasoner' }),
    said: 'messages',
    goesBack: turns.flatMap((turn) => [
      {
        role: 'assistant',
        content: TURNS[turn]?.content,
        reasoning_content: TURNS[turn]?.reasoning,
        tool_calls: calls(turn).map(({ id, name, arguments: given }) => ({
          type: 'function',
          id,
          function: { name, arguments: JSON.stringify(given) },
        })),
      },
      ...calls(turn).map(({ id }, index) => ({ role: 'tool', tool_call_id: id, content: RESULTS[turn][index] })),
    ]),
    offered: { tools: [{ type: 'function', function: { ...asFunction, parameters } }, expect.anything()] },
    usage: COUNTED,
  },
  {
    name: 'openai',
    provider: (root) => WIRES.RESPONSES.provider(root, { model: 'gpt-5', options: { api: 'responses' } }),
    said: 'input',
    goesBack: turns.flatMap((turn) => [
      {
        type: 'reasoning',
        id: expect.stringMatching(/./) as string,
        summary: [{ type: 'summary_text', text: TURNS[turn]?.reasoning }],
        encrypted_content: expect.stringMatching(/./) as string,
      },
      { role: 'assistant', content: TURNS[turn]?.content },
      ...calls(turn).map(({ id, name, arguments: given }) => ({
        type: 'function_call',
        call_id: id,
        name,
        arguments: JSON.stringify(given),
      })),
      ...calls(turn).map(({ id }, index) => ({
        type: 'function_call_output',
        call_id: id,
        output: RESULTS[turn][index],
      })),
    ]),
    offered: { tools: [{ type: 'function', ...asFunction, parameters, strict: false }, expect.anything()] },
    usage: COUNTED,
  },
  {
    name: 'anthropic',
    provider: (root) =>
      WIRES.MESSAGES.provider(root, {
        model: 'claude-opus-4-5',
        // aimock refuses results of tools whose turn does not begin with its thinking, as the API does.
        options: { extraBody: { thinking: { type: 'enabled', budget_tokens: 1024 } } },
      }),
    said: 'messages',
    goesBack: turns.flatMap((turn) => [
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: TURNS[turn]?.reasoning, signature: TURNS[turn]?.reasoningSignature },
          { type: 'text', text: TURNS[turn]?.content },
          ...calls(turn).map(({ id, name, arguments: input }) => ({ type: 'tool_use', id, name, input })),
        ],
      },
      {
        role: 'user',
        content: calls(turn).map(({ id }, index) => ({
          type: 'tool_result',
          tool_use_id: id,
          content: RESULTS[turn][index],
        })),
      },
    ]),
    offered: { tools: [{ ...asFunction, input_schema: parameters }, expect.anything()] },
    usage: COUNTED,
  },
  {
    name: 'google',
    provider: (root) => WIRES.GENERATE.provider(root, { model: 'gemini-3-pro' }),
    said: 'contents',
    goesBack: turns.flatMap((turn) => [
      {
        role: 'model',
        parts: [
          { text: TURNS[turn]?.content },
          ...calls(turn).map(({ id, name, arguments: args }) => ({ functionCall: { id, name, args } })),
        ],
      },
      {
        role: 'user',
        parts: calls(turn).map(({ id, name }, index) => ({
          functionResponse: { id, name, response: { result: RESULTS[turn][index] } },
        })),
      },
    ]),
    offered: {
      tools: [{ functionDeclarations: [{ ...asFunction, parametersJsonSchema: parameters }, expect.anything()] }],
    },
    usage: COUNTED,
  },
  {
    name: 'ollama',
    provider: (root) => WIRES.OLLAMA.provider(root, { model: 'qwen3' }),
    said: 'messages',
    goesBack: turns.flatMap((turn) => [
      {
        role: 'assistant',
        content: TURNS[turn]?.content,
        tool_calls: calls(turn).map(({ name, arguments: given }) => ({ function: { name, arguments: given } })),
      },
      ...calls(turn).map(({ name }, index) => ({ role: 'tool', tool_name: name, content: RESULTS[turn][index] })),
    ]),
    offered: { tools: [{ type: 'function', function: { ...asFunction, parameters } }, expect.anything()] },
    hasNoIds: true,
    isSilent: true,
    // aimock counts nothing in this API.
    usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
  },
];

let aimock: AimockProcess;
let signing: FaultServer;
let dispatcher: Dispatcher;
let under: WorkerUnderTest;
let root: string;

beforeAll(async () => {
  dispatcher = createDispatcher({ connectionTimeoutMs: 5_000, privateHosts: THIS_MACHINE });
  const model = createLanguageModel({
    credentials: readCredentials({ credentials: {} }),
    dispatcher,
    schemas: schemasInThisThread,
  });
  [aimock, signing, under] = await Promise.all([
    startAimock({ chunkSize: 3, modulePath: fileURLToPath(new URL('../support/aimock-clerk.ts', import.meta.url)) }),
    startFaultServer(),
    startWorkerUnderTest(model, { tools }),
  ]);
  root = aimock.baseUrl.replace(/\/v1$/, '');
});

afterAll(async () => {
  await under.stop();
  await Promise.all([dispatcher.destroy(), aimock.stop(), signing.stop()]);
});

async function run(id: string, llmProvider: LlmProvider): Promise<AgentExecution> {
  const prompts = { system: 'You count.', userTemplate: 'Count {input_data}' };
  await under.storage.agents.create(
    id,
    anAgent({ llmProvider, prompts, outputSchema, tools: tools.map(({ name }) => name) }),
    NOW,
  );
  const executionId = `run-${id}`;
  const handle = await under.client.workflow.start(AGENT_EXECUTION, {
    taskQueue: under.taskQueue,
    workflowId: executionId,
    args: [{ executionId, agentId: id, input: 'the orders' }],
  });
  await handle.result();
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

/** What a viewer saw of a turn: its text, and in their order the calls and the results. */
function shownIn(events: readonly StreamEvent[], turn: number): object {
  const own = events.filter((event) => event.turn === turn);
  return {
    text: own.map((event) => (event.eventType === 'content_chunk' ? event.content : '')).join(''),
    thought: own
      .map((event) => (event.eventType === 'thinking' && event.status === 'reasoning' ? event.content : ''))
      .join(''),
    called: new Map(
      own.flatMap((event) => (event.eventType === 'tool_call' ? [[event.toolCallId, event.arguments]] : [])),
    ),
    answered: own.flatMap((event) => (event.eventType === 'tool_result' ? [event.toolCallId] : [])).sort(),
  };
}

describe('tools over five turns, by each provider', () => {
  it.each(wires)('$name: text, events, conversation, usage and requests are as they should be', async (wire) => {
    const before = (await aimock.bodies()).length;
    const execution = await run(wire.name, wire.provider(root));
    expect(execution).toMatchObject({
      status: 'COMPLETED',
      finalResponse: '{"orders": 3}',
      output: { orders: 3 },
      turn: 5,
      usage: wire.usage,
    });

    const events = await eventsOf(execution.id);
    TURNS.forEach(({ content, reasoning, toolCalls = [] }, index) => {
      const idAt = (place: number) => (wire.hasNoIds === true ? `call_${index}_${place}` : toolCalls[place]?.id);
      const called = toolCalls.map(({ arguments: given }, place) => [idAt(place), given] as const);
      expect(shownIn(events, index + 1)).toEqual({
        text: content,
        thought: wire.isSilent === true ? '' : reasoning,
        // Of a tool that is not there nothing is called.
        called: new Map(called.filter((_, place) => toolCalls[place]?.name !== 'refund_all')),
        answered: called.map(([id]) => id),
      });
    });

    const conversation = await under.storage.conversations.get(execution.conversationId);
    const spoken = conversation?.messages ?? [];
    expect(spoken.filter(({ role }) => role === 'assistant').map(({ content }) => content)).toEqual(
      TURNS.map(({ content }) => content),
    );
    expect(spoken.filter(({ role }) => role === 'tool').map(({ content }) => content)).toEqual(RESULTS.flat());

    const bodies = (await aimock.bodies()).slice(before);
    expect(bodies).toHaveLength(TURNS.length);
    expect(bodies[0]).toMatchObject(wire.offered);
    const heard = bodies.map((body) => body[wire.said] as readonly unknown[]);
    const prompts = heard[0]?.length ?? 0;
    expect(heard.at(-1)?.slice(prompts)).toEqual(wire.goesBack);
    // What was once sent is never sent otherwise: providers keep what they have read.
    for (const earlier of heard) expect(heard.at(-1)?.slice(0, earlier.length)).toEqual(earlier);
  });
});

const frame = (parts: readonly object[], more: object = {}) =>
  `data: ${JSON.stringify({ candidates: [{ content: { role: 'model', parts }, ...more }] })}\n\n`;

describe('Gemini', () => {
  it('gets the signature of each thought back with the part that it came with, and its ids where it gave any', async () => {
    const weigh = { name: 'weigh', args: { grams: 1 } };
    const answers = [
      frame([{ text: 'Let me ', thoughtSignature: 'Zmlyc3Q=' }]) +
        frame([{ text: 'see.' }]) +
        frame([{ functionCall: weigh, thoughtSignature: 'c2Vjb25k' }, { functionCall: { ...weigh, id: 'own' } }]) +
        frame([{ text: '', thoughtSignature: 'dGhpcmQ=' }], { finishReason: 'STOP' }),
      frame([{ text: '{"orders": 1}' }], { finishReason: 'STOP' }),
    ];
    signing.behave((_request, response) => {
      beginStream(response);
      response.end(answers[signing.bodies.length - 1]);
    });
    const execution = await run('signing', WIRES.GENERATE.provider(signing.root, { model: 'gemini-3-pro' }));
    expect(execution).toMatchObject({ status: 'COMPLETED', output: { orders: 1 } });
    const [, second] = signing.bodies as readonly { readonly contents: readonly unknown[] }[];
    expect(second?.contents.slice(1)).toEqual([
      {
        role: 'model',
        parts: [
          { text: 'Let me ', thoughtSignature: 'Zmlyc3Q=' },
          { text: 'see.' },
          { functionCall: weigh, thoughtSignature: 'c2Vjb25k' },
          { functionCall: { id: 'own', ...weigh } },
          { text: '', thoughtSignature: 'dGhpcmQ=' },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { name: 'weigh', response: { result: '1 g' } } },
          { functionResponse: { id: 'own', name: 'weigh', response: { result: '1 g' } } },
        ],
      },
    ]);
  });
});
