import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createAgent, createToken, createWorkflow, fire, graphql, settledToken } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { newSetting, type Setting } from '../support/everything.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { StreamViewer } from '../support/stream-viewer.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';
import { gapsIn, startTraceCollector, type CollectedSpan, type TraceCollector } from '../support/trace-collector.js';

const MODULE = `
import { defineTool } from 'circuit-breaker/tools';
import { z } from 'zod';

export const count_words = defineTool({
  name: 'count_words',
  description: 'Counts words.',
  input: z.object({ text: z.string() }),
  idempotent: true,
  run: ({ text }) => ({ words: text.split(' ').length }),
});
`;

const SECRET_WORDS = 'the merger of next spring';
const ANSWER = 'A long and careful review of the document that was submitted, with praise for most of it.';
const RESPONSES = [
  { toolCalls: [{ name: 'count_words', arguments: { text: SECRET_WORDS } }], text: 'I count first.' },
  ANSWER,
];

/** A caller's trace, as its own span would name it. */
const CALLER = { traceId: 'c0ffee00c0ffee00c0ffee00c0ffee00', spanId: 'beefbeefbeefbeef' };

describe('the trace of a document review, as a collector got it', () => {
  const processes: { readonly api: SpawnedProcess[]; readonly worker: SpawnedProcess[] } = { api: [], worker: [] };
  let collector: TraceCollector;
  let temporal: TestTemporalServer;
  let database: TestDatabase;
  let setting: Setting;
  let folder: string;
  let client: Client;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'circuit-breaker-traces-'));
    await writeFile(join(folder, 'count.mjs'), MODULE);
    [collector, temporal, database] = await Promise.all([
      startTraceCollector(),
      startTemporalServer(),
      createTestDatabase(),
    ]);
    client = new Client({ connection: await Connection.connect({ address: temporal.address }) });
    setting = await newSetting({
      TEMPORAL_ADDRESS: temporal.address,
      STORAGE_URL: database.url,
      TOOLS_DIR: folder,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces`,
    });
    await Promise.all([start('api'), start('worker'), start('worker')]);
    for (const [id, delayMs] of [
      ['reviewer', 1],
      ['slow-reviewer', 150],
    ] as const) {
      const failing = delayMs === 1 ? { failWith: 'server', failAttempts: 1 } : {};
      const options = { delayMs, responses: RESPONSES, ...failing };
      await createAgent(setting.address, {
        id,
        name: id,
        llmProvider: { type: 'mock', model: 'mock-1', options },
        prompts: { system: 'You review.', userTemplate: 'Review {input_data}' },
        tools: ['count_words'],
      });
      await createWorkflow(setting.address, reviewBy(id));
    }
  });

  afterAll(async () => {
    await Promise.all([...processes.api, ...processes.worker].map((one) => one.kill()));
    await client.connection.close();
    await Promise.all([collector.close(), temporal.stop(), database.drop(), setting.remove()]);
    await rm(folder, { recursive: true, force: true });
  });

  async function start(command: 'api' | 'worker', extra: Record<string, string> = {}): Promise<SpawnedProcess> {
    const started = SpawnedProcess.start(command, { ...setting.environment, ...extra });
    processes[command].push(started);
    await started.untilReady();
    return started;
  }

  /** Fires a review and watches it to its end. `until`: what happens in the middle. */
  async function review(by: string, until?: (viewer: StreamViewer, executionId: string) => Promise<void>) {
    const input = { workflowId: `review-by-${by}`, data: { content: SECRET_WORDS } };
    const tokenId = await createToken(setting.address, input);
    const sinceMs = Date.now();
    const id = await fire(setting.address, { tokenId, transitionId: 'review' });
    const viewer = new StreamViewer();
    const watching = viewer.watch(setting.address, id);
    await until?.(viewer, id);
    expect(await watching).toBe(1000);
    const untilMs = Date.parse(viewer.last?.timestamp ?? '');
    expect(await settledToken(setting.address, tokenId)).toMatchObject({ place: 'published' });
    return { traceId: (await storedTraceId(id)) ?? '', sinceMs, untilMs };
  }

  /** All spans of a trace, once the two that come last are there. */
  async function traceOf(traceId: string): Promise<readonly CollectedSpan[]> {
    return await eventually(() => {
      const spans = collector.spans.filter((span) => span.traceId === traceId);
      const names = spans.map(({ name }) => name.split(' ')[0]);
      for (const name of ['mutation', 'invoke_agent', 'watch']) expect(names).toContain(name);
      expect(spans.filter(({ name }) => name.startsWith('chat '))).toHaveLength(2);
      return Promise.resolve(spans);
    });
  }

  it('has no gap from the request to the end of the stream, with a retry and a tool', async () => {
    const { traceId, sinceMs, untilMs } = await review('reviewer');
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    const spans = await traceOf(traceId);
    expect(gapsIn(spans)).toEqual([]);
    const byName = new Map(spans.map((span) => [span.name, span]));
    const parentOf = (name: string) => {
      const { parentSpanId } = byName.get(name) ?? {};
      return spans.find(({ spanId }) => spanId === parentSpanId)?.name;
    };
    expect(parentOf('update fire')).toBe('mutation fireTransition');
    expect(parentOf('invoke_agent reviewer')).toBe('mutation fireTransition');
    for (const name of ['prepareAgent', 'chat mock-1', 'execute_tool count_words', 'recordExecution'])
      expect(parentOf(name), name).toBe('invoke_agent reviewer');
    expect(parentOf('close stream')).toBe('recordExecution');
    expect(parentOf('watch stream (websocket)')).toBe('invoke_agent reviewer');
    expect(spans.filter(({ attributes }) => attributes['db.system.name'] === 'postgresql').length).toBeGreaterThan(5);
    const attempts = spans
      .filter(({ name }) => name === 'chat mock-1')
      .sort((one, other) => one.startMs - other.startMs)
      .map(({ events }) => events.map(({ attributes }) => attributes['circuit_breaker.attempt.outcome']));
    expect(attempts).toEqual([
      ['failed', 'completed'],
      ['failed', 'completed'],
    ]);
    expect(Math.min(...spans.map(({ startMs }) => startMs))).toBeGreaterThanOrEqual(sinceMs - 5);
    expect(uncovered(spans, untilMs)).toEqual([]);
    expect(collector.bodies.join('')).not.toContain(SECRET_WORDS);
  });

  it('leaves no orphan when a worker is killed in the middle of an answer', async () => {
    const { traceId } = await review('slow-reviewer', async (viewer, executionId) => {
      await viewer.sawChunks(2);
      const { raw } = await client.workflow.getHandle(executionId).describe();
      const identity = raw.pendingActivities?.[0]?.lastWorkerIdentity ?? '';
      const caller = processes.worker.find(({ pid }) => identity.startsWith(`${String(pid)}@`));
      caller?.signal('SIGKILL');
      expect(caller).toBeDefined();
    });
    const spans = await traceOf(traceId);
    expect(gapsIn(spans)).toEqual([]);
    const outcomes = spans.flatMap(({ events }) =>
      events.map(({ attributes }) => attributes['circuit_breaker.attempt.outcome']),
    );
    expect(outcomes).toContain('lost');
  });

  it('goes on with the trace of a caller that names one', async () => {
    const input = { agentId: 'reviewer', input: 'x', id: 'asked-from-elsewhere' };
    const response = await fetch(`${setting.address}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', traceparent: `00-${CALLER.traceId}-${CALLER.spanId}-01` },
      body: JSON.stringify({
        query: 'mutation ($input: ExecuteAgentInput!) { executeAgent(input: $input) { id traceId } }',
        variables: { input },
      }),
    });
    expect(await response.json()).toMatchObject({ data: { executeAgent: { traceId: CALLER.traceId } } });
    await eventually(() => {
      const spans = collector.spans.filter(({ traceId }) => traceId === CALLER.traceId);
      expect(spans.find(({ name }) => name === 'mutation executeAgent')?.parentSpanId).toBe(CALLER.spanId);
      expect(spans.map(({ name }) => name)).toContain('invoke_agent reviewer');
      return Promise.resolve();
    });
  });

  it('has its lines in the log of a process that SIGUSR2 has log details, until it has it log as before', async () => {
    const workers = processes.worker.filter(({ hasEnded }) => !hasEnded);
    await Promise.all(workers.map((worker) => toggled(worker, 'debug')));
    const { traceId } = await review('reviewer');
    const details = (of: readonly SpawnedProcess[]) =>
      of.flatMap(({ output }) => output.split('\n').filter((line) => line.includes('"level":20'))).join('\n');
    await eventually(() => {
      expect(details(workers)).toMatch(new RegExp(`"traceId":"${traceId}".*an execution has ended`));
    });
    expect(details(processes.api)).toBe('');
    await Promise.all(workers.map((worker) => toggled(worker, 'warn')));
  });

  it('has prompts and answers, and what tools were given, with OTEL_GENAI_CAPTURE_CONTENT=true', async () => {
    expect(collector.bodies.join('')).not.toContain(SECRET_WORDS);
    expect(collector.bodies.join('')).not.toContain(ANSWER);
    const workers = processes.worker.filter(({ hasEnded }) => !hasEnded);
    expect(await Promise.all(workers.map((one) => one.stop()))).toEqual(workers.map(() => 0));
    await start('worker', { OTEL_GENAI_CAPTURE_CONTENT: 'true' });
    const { traceId } = await review('reviewer');
    const spans = await traceOf(traceId);
    const captured = (name: string) =>
      spans.map(({ attributes }) => JSON.stringify(attributes[name] ?? '').replaceAll('\\"', '"')).join('\n');
    expect(captured('gen_ai.system_instructions')).toContain('You review.');
    expect(captured('gen_ai.input.messages')).toContain(SECRET_WORDS);
    expect(captured('gen_ai.output.messages')).toContain(ANSWER);
    expect(captured('gen_ai.tool.call.arguments')).toContain(SECRET_WORDS);
    expect(captured('gen_ai.tool.call.result')).toContain('"words":');
  });

  it('goes on, and its processes end in order, where the collector never answers', async () => {
    collector.answer('never');
    await review('reviewer');
    const living = [...processes.api, ...processes.worker].filter(({ hasEnded }) => !hasEnded);
    expect(await Promise.all(living.map((one) => one.stop()))).toEqual([0, 0]);
  });

  /** Has a process log otherwise, and sees that it does. */
  async function toggled(one: SpawnedProcess, level: string): Promise<void> {
    const said = `"level":"${level}","before"`;
    const times = () => one.output.split(said).length;
    const before = times();
    one.signal('SIGUSR2');
    await eventually(() => {
      expect(times()).toBe(before + 1);
    });
  }

  async function storedTraceId(id: string): Promise<string | null> {
    const query = 'query ($id: String!) { agentExecution(id: $id) { traceId } }';
    const answer = await graphql<{ agentExecution: { traceId: string | null } }>(setting.address, query, { id });
    return answer.agentExecution.traceId;
  }
});

function reviewBy(agentId: string) {
  return {
    id: `review-by-${agentId}`,
    name: 'Review',
    places: ['submitted', 'reviewed', 'published'],
    initialPlace: 'submitted',
    transitions: [
      {
        id: 'review',
        fromPlaces: ['submitted'],
        toPlace: 'reviewed',
        agentExecution: { agentId, outputMapping: { 'data.review': 'response' } },
      },
      { id: 'publish', fromPlaces: ['reviewed'], toPlace: 'published', trigger: 'automatic' },
    ],
  };
}

/** The times, in milliseconds, from the first span to `untilMs` at which nothing of a trace was under way. */
function uncovered(spans: readonly CollectedSpan[], untilMs: number): readonly (readonly [number, number])[] {
  const sorted = spans.toSorted((one, other) => one.startMs - other.startMs);
  const gaps: (readonly [number, number])[] = [];
  let covered = sorted[0]?.startMs ?? 0;
  for (const { startMs, endMs } of sorted) {
    if (startMs > covered && covered < untilMs) gaps.push([covered, startMs]);
    covered = Math.max(covered, endMs);
  }
  return covered < untilMs ? [...gaps, [covered, untilMs]] : gaps;
}
