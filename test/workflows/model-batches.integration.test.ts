import { createHash } from 'node:crypto';

import type { Dispatcher } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { AGENT_EXECUTION } from '../../src/contract/messages.js';
import type { AgentContent } from '../../src/core/agents/agent.js';
import { budgetScopes } from '../../src/core/executions/budget-limit.js';
import { isEnded, type AgentExecution } from '../../src/core/executions/execution.js';
import { createDispatcher } from '../../src/providers/connection/dispatcher.js';
import { createLanguageModel } from '../../src/providers/create-language-model.js';
import { createModelBatches } from '../../src/providers/create-model-batches.js';
import { readCredentials } from '../../src/providers/keys/read-credentials.js';
import { priceTable } from '../../src/providers/pricing/price-table.js';
import {
  answered,
  BATCH_KEY,
  OTHER_BATCH_KEY,
  refused,
  type BatchServer,
} from '../support/batch-servers/batch-server.js';
import { BATCH_PROVIDERS, startBatchProviders, type BatchProviders } from '../support/batch-servers/batch-providers.js';
import { anAgent, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { Gathered } from '../support/gathered.js';
import { schemasInThisThread } from '../support/schemas.js';
import { THIS_MACHINE } from '../support/this-machine.js';
import { startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';

const PRICE = { inputUsdPerMillion: 2, outputUsdPerMillion: 20 };
const PRICES = { 'openai/m': PRICE, 'anthropic/m': PRICE, 'google/m': PRICE };
let providers: BatchProviders;
let server: BatchServer;
let baseUrl: string;
let dispatcher: Dispatcher;
let under: WorkerUnderTest;
const gathered = new Gathered();
let count = 0;

beforeAll(async () => {
  providers = await startBatchProviders();
  ({
    openai: server,
    baseUrls: { openai: baseUrl },
  } = providers);
  dispatcher = createDispatcher({ connectionTimeoutMs: 2_000, privateHosts: THIS_MACHINE });
  const credentials = readCredentials({ accounts: providers.accounts, credentials: {} });
  const models = { credentials, dispatcher, prices: priceTable(PRICES) };
  const model = createLanguageModel({ ...models, schemas: schemasInThisThread });
  under = await startWorkerUnderTest(model, {
    batches: createModelBatches(models),
    beforeGathering: gathered.join,
    costOf: (provider, usage) => models.prices.costOf(provider, usage),
  });
});

beforeEach(() => {
  for (const one of providers.servers) one.reset();
});

afterAll(async () => {
  await under.stop();
  await providers.stop();
  await dispatcher.close();
});

async function agentOf(fields: Partial<AgentContent> = {}): Promise<string> {
  const id = `batched-${(count += 1)}`;
  const llmProvider = { type: 'openai' as const, model: 'm', headers: {}, options: {} };
  const prompts = { system: `You are ${id}.`, userTemplate: '{text}' };
  await under.storage.agents.create(id, anAgent({ llmProvider, prompts, delivery: 'batch', ...fields }), NOW);
  return id;
}

/** They go in one batch. */
async function start(agentId: string, texts: readonly string[]) {
  gathered.expect(texts.length);
  return await Promise.all(
    texts.map(async (text) => {
      const executionId = `execution-${(count += 1)}`;
      const args = [{ executionId, agentId, input: { text } }];
      return await under.client.workflow.start(AGENT_EXECUTION, {
        taskQueue: under.taskQueue,
        workflowId: executionId,
        args,
      });
    }),
  );
}

async function ended(id: string): Promise<AgentExecution> {
  return await eventually(async () => {
    const execution = await under.storage.executions.get(id);
    if (execution === undefined || !isEnded(execution.status)) throw new Error(`${id} is under way`);
    return execution;
  });
}

async function outcomes(agentId: string, texts: readonly string[]): Promise<readonly AgentExecution[]> {
  const handles = await start(agentId, texts);
  return await Promise.all(handles.map(({ workflowId }) => ended(workflowId)));
}

async function eventsOf(executionId: string) {
  const [page] = await under.streams.read([{ executionId, from: 0, limit: 100 }]);
  return page?.entries.flatMap((entry) => entry.events) ?? [];
}

describe('executions in batches', () => {
  it('are sent as one, and each gets its own answer, in one chunk and at half the price', async () => {
    const texts = Array.from({ length: 30 }, (_, index) => `question ${index}`);
    server.ending = (lines) => ({ status: 'completed', lines: lines.toReversed().map((line) => answered(line)) });
    const executions = await outcomes(await agentOf(), texts);
    expect(executions.map(({ finalResponse }) => finalResponse)).toEqual(texts.map((text) => `Answer to ${text}`));
    expect(server.batches.map(({ lines }) => lines.length)).toEqual([30]);
    expect(server.streams).toBe(0);
    const [first] = executions;
    const usage = { inputTokens: 1000, outputTokens: 100, totalTokens: 1100, costUsd: 0.002 };
    expect(first).toMatchObject({ status: 'COMPLETED', usage });
    expect(first?.attempts).toMatchObject([
      { outcome: 'completed', usage, providerRequestId: expect.stringMatching(/^req_cb-/) as string },
    ]);
    const events = await eventsOf(first?.id ?? '');
    expect(events.filter(({ eventType }) => eventType === 'thinking')).toMatchObject([{ status: 'batched' }]);
    expect(events.filter(({ eventType }) => eventType === 'content_chunk')).toMatchObject([
      { content: 'Answer to question 0' },
    ]);
    const sha256 = createHash('sha256').update('Answer to question 0').digest('hex');
    expect(events.at(-1)).toMatchObject({ eventType: 'completed', sha256 });
    expect(await under.storage.batches.answerOf(first?.id ?? '', 1)).toBeUndefined();
  });

  it('get codes of their own for lines that failed, are missing, too long, double or of nobody', async () => {
    server.ending = (lines) => {
      const [fine, tooLong, busy, missing, long] = lines;
      if (!fine || !tooLong || !busy || !missing || !long) throw new Error('five were sent');
      const ended = [
        answered({ ...fine, customId: 'of-nobody' }, 'a stranger'),
        'no JSON at all',
        answered(fine, 'the first'),
        answered(fine, 'the second'),
        refused(tooLong, 400, 'context_length_exceeded'),
        refused(busy, 429, 'rate_limit_exceeded'),
        answered(long, 'x'.repeat(5 * 1024 * 1024)),
      ];
      return { status: 'completed', lines: ended };
    };
    const executions = await outcomes(await agentOf(), ['a', 'b', 'c', 'd', 'e']);
    expect(executions.map(({ finalResponse, errorCode }) => finalResponse ?? errorCode)).toEqual(
      expect.arrayContaining(['the first', 'context_length', 'rate_limit', 'incomplete_stream', 'incomplete_stream']),
    );
    expect(executions.every(({ attempts }) => attempts.length === 1)).toBe(true);
  });

  it('that the provider did not get to in time, or was told to leave, are told so', async () => {
    server.ending = ([first]) => ({ status: 'expired', lines: first === undefined ? [] : [answered(first)] });
    const expired = await outcomes(await agentOf(), ['a', 'b']);
    expect(new Set(expired.map(({ status }) => status))).toEqual(new Set(['COMPLETED', 'TIMEOUT']));
    server.ending = () => ({ status: 'cancelled', lines: [] });
    const [cancelled] = await outcomes(await agentOf(), ['a']);
    expect(cancelled).toMatchObject({
      errorCode: 'server',
      errorMessage: expect.stringContaining('cancelled') as string,
    });
  });

  it('that have waited long enough are taken as streams, and what comes later of them is left out', async () => {
    server.isHeld = true;
    const [late] = await outcomes(await agentOf({ maxWaitSeconds: 8 }), ['a question']);
    expect(late).toMatchObject({
      status: 'COMPLETED',
      finalResponse: 'streamed a question',
      usage: { costUsd: 0.004 },
    });
    expect([server.batches.length, server.streams]).toEqual([1, 1]);
    const { id, named: batchId = '' } = server.batches[0] ?? {};
    await under.client.workflow.getHandle(`model-batch/${batchId}`).result();
    expect(await under.storage.batches.placesIn(batchId)).toEqual([]);
    expect(server.cancelled).toEqual([id]);
  });

  it('can be cancelled while they wait', async () => {
    server.isHeld = true;
    const [handle] = await start(await agentOf(), ['a question']);
    await eventually(() => {
      expect(server.batches).toHaveLength(1);
    });
    await handle?.cancel();
    expect(await ended(handle?.workflowId ?? '')).toMatchObject({ status: 'CANCELLED' });
    const batchId = server.batches[0]?.named ?? '';
    expect(await under.storage.batches.placesIn(batchId)).toEqual([]);
  });

  it('that are cancelled while they join are in no batch, however late what they store is', async () => {
    const { batches } = under.storage;
    const join = batches.join.bind(batches);
    const steps: string[] = [];
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    batches.join = async (...given) => {
      steps.push('begun');
      await held;
      const hasJoined = await join(...given);
      steps.push('done');
      return hasJoined;
    };
    const reached = (step: string) =>
      eventually(() => {
        expect(steps).toContain(step);
      });
    const agentId = await agentOf({ budget: { maxCostUsdPerDay: 1 }, llmConfig: { maxTokens: 200 } });
    try {
      const [handle] = await start(agentId, ['a question']);
      await reached('begun');
      await handle?.cancel();
      expect(await ended(handle?.workflowId ?? '')).toMatchObject({ status: 'CANCELLED' });
      goOn();
      await reached('done');
    } finally {
      batches.join = join;
    }
    const [other] = await outcomes(agentId, ['another question']);
    expect(other).toMatchObject({ finalResponse: 'Answer to another question' });
    expect(server.batches.map(({ lines }) => lines.map(({ said }) => said))).toEqual([['another question']]);
    const day = new Date().toISOString().slice(0, 10);
    const [sum] = await under.storage.budgets.sums([{ scope: budgetScopes.agent(agentId), day }]);
    expect(sum?.reserved).toEqual({ nanoUsd: 0, tokens: 0 });
  });

  it('join a batch only where their budget has room, and take of it what they cost there', async () => {
    const llmConfig = { maxTokens: 200 };
    const poor = await agentOf({ llmConfig, budget: { maxCostUsdPerExecution: 0.001 } });
    expect(await outcomes(poor, ['a'])).toMatchObject([{ errorCode: 'budget_exceeded' }]);
    expect(server.batches).toHaveLength(0);
    const enough = await agentOf({ llmConfig, budget: { maxCostUsdPerExecution: 0.0025 } });
    const [execution] = await outcomes(enough, ['a']);
    expect(execution).toMatchObject({ status: 'COMPLETED' });
    const [sum] = await under.storage.budgets.sums([{ scope: budgetScopes.execution(execution?.id ?? ''), day: '' }]);
    expect(sum).toMatchObject({ spent: { nanoUsd: 2_000_000 }, reserved: { nanoUsd: 0 } });
  });

  it('go on with a fallback, as streams, where their lines failed', async () => {
    server.ending = (lines) => ({
      status: 'completed',
      lines: lines.map((line) => refused(line, 500, 'server_error')),
    });
    const llmProvider = { type: 'openai' as const, model: 'other', headers: {}, options: {} };
    expect(await outcomes(await agentOf({ fallbacks: [{ llmProvider }] }), ['a'])).toMatchObject([
      { status: 'COMPLETED', finalResponse: 'streamed a', attempts: [{ outcome: 'failed' }, { outcome: 'completed' }] },
    ]);
    expect(server.batches).toHaveLength(1);
  });

  it.each(BATCH_PROVIDERS)(
    'of %s are sent once where the connection is lost as the provider takes them',
    { tags: 'provider-fails' },
    async (type) => {
      const taking = providers[type];
      taking.silence = 'broken';
      taking.ending = ([first, ...rest]) => ({
        status: 'completed',
        lines: [
          ...(first === undefined ? [] : [refused(first, 500, 'server_error')]),
          ...rest.map((line) => answered(line)),
        ],
      });
      const texts = ['a', 'b', 'c'];
      const llmProvider = { type, model: 'm', headers: {}, options: {} };
      const executions = await outcomes(await agentOf({ llmProvider, llmConfig: { maxTokens: 200 } }), texts);
      expect(taking.batches.map(({ lines }) => lines.length)).toEqual([3]);
      expect(taking.lists).toBeGreaterThan(0);
      const first = taking.batches[0]?.lines[0]?.said;
      expect(
        executions.map(({ finalResponse, errorCode, usage }) => [finalResponse ?? errorCode, usage?.costUsd]),
      ).toEqual(texts.map((text) => (text === first ? ['server', undefined] : [`Answer to ${text}`, 0.002])));
    },
  );

  it(
    'that nobody knows to be taken are sent once also where their provider never says, and then taken as streams',
    { tags: 'provider-fails' },
    async () => {
      const { anthropic } = providers;
      [anthropic.silence, anthropic.isHeld] = ['broken', true];
      const llmProvider = { type: 'anthropic' as const, model: 'm', headers: {}, options: {} };
      const fields = { llmProvider, llmConfig: { maxTokens: 200 }, maxWaitSeconds: 12 };
      const [late] = await outcomes(await agentOf(fields), ['a question']);
      expect(late).toMatchObject({ status: 'COMPLETED', finalResponse: 'streamed a question' });
      expect([anthropic.batches.length, anthropic.streams]).toEqual([1, 1]);
      const query = "WorkflowType = 'modelBatch' and ExecutionStatus = 'Running'";
      await eventually(async () => {
        expect((await under.client.workflow.count(query)).count).toBe(0);
      });
      expect(anthropic.batches).toHaveLength(1);
    },
  );

  it('are spread over the keys of their provider, and answered by the one that they went with', async () => {
    server.isHeld = true;
    const agentId = await agentOf();
    const handles = [];
    for (const texts of [['a', 'b', 'c'], ['d'], ['e'], ['f']]) {
      handles.push(...(await start(agentId, texts)));
      await eventually(() => {
        expect(server.batches.at(-1)?.lines.map(({ said }) => said)).toEqual(expect.arrayContaining(texts));
      });
    }
    const [first, ...others] = server.batches.map(({ key }) => key);
    expect([BATCH_KEY, OTHER_BATCH_KEY]).toContain(first);
    const [other] = others;
    expect(other).not.toBe(first);
    expect(others).toEqual([other, other, other]);
    server.isHeld = false;
    const texts = await Promise.all(handles.map(async ({ workflowId }) => (await ended(workflowId)).finalResponse));
    expect(texts.toSorted()).toEqual(['a', 'b', 'c', 'd', 'e', 'f'].map((text) => `Answer to ${text}`));
    expect(server.batches).toHaveLength(4);
  });

  it('are told what their provider refuses them for', async () => {
    const llmProvider = { type: 'openai' as const, model: 'm', baseUrl, headers: {}, options: {} };
    const refused = { ...llmProvider, headers: { authorization: 'Bearer wrong' } };
    const executions = await outcomes(await agentOf({ llmProvider: refused }), ['a', 'b']);
    expect(executions.map(({ errorCode }) => errorCode)).toEqual(['auth', 'auth']);
  });
});
