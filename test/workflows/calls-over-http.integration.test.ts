import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Dispatcher } from 'undici';

import { AGENT_EXECUTION } from '../../src/contract/messages.js';
import type { LlmProvider } from '../../src/core/agents/agent.js';
import { createDispatcher } from '../../src/providers/connection/dispatcher.js';
import { createLanguageModel } from '../../src/providers/create-language-model.js';
import { CHAT, MESSAGES, type WireUnderTest } from '../providers/formats/contract/wire-under-test.js';
import { anAgent, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { beginStream, startFaultServer, type FaultServer } from '../support/fault-server.js';
import { schemasInThisThread } from '../support/schemas.js';
import { startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';
import { THIS_MACHINE } from '../support/this-machine.js';

let server: FaultServer;
let dispatcher: Dispatcher;
let under: WorkerUnderTest;
/** What the next calls are answered with, in their order. */
let answers: ((wire: WireUnderTest) => { status?: number; headers?: Record<string, string>; body: string })[] = [];
let count = 0;

beforeAll(async () => {
  server = await startFaultServer();
  dispatcher = createDispatcher({ connectionTimeoutMs: 5_000, privateHosts: THIS_MACHINE });
  const credentials = { accounts: {}, named: new Map(), secrets: [] };
  under = await startWorkerUnderTest(createLanguageModel({ credentials, dispatcher, schemas: schemasInThisThread }));
});

afterEach(() => {
  answers = [];
});

afterAll(async () => {
  await under.stop();
  await dispatcher.destroy();
  await server.stop();
});

const says = (text: string) => (wire: WireUnderTest) => ({ body: wire.text(text) + wire.finish('stop') });
const refuses =
  (status: number, headers: Record<string, string> = {}) =>
  () => ({
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ error: { message: 'Not now.' } }),
  });

/** Starts an execution of a new agent on the server. */
async function start(wire: WireUnderTest, more: object = {}) {
  server.behave((_, response) => {
    const { status, headers, body } = answers.shift()?.(wire) ?? { status: 500, body: '' };
    if (status === undefined) beginStream(response, wire.contentType);
    else response.writeHead(status, headers);
    response.end(body);
  });
  count += 1;
  const executionId = `call-${count}`;
  const agentId = `agent-${count}`;
  const llmProvider: LlmProvider = wire.provider(server.root);
  await under.storage.agents.create(agentId, anAgent({ llmProvider }), NOW);
  return await under.client.workflow.start(AGENT_EXECUTION, {
    taskQueue: under.taskQueue,
    workflowId: executionId,
    args: [{ executionId, agentId, input: { text: `Document ${count}` }, ...more }],
  });
}

/** Where no list of this file leads. */
const INNER = { ...CHAT, provider: () => CHAT.provider('http://10.255.255.1:9') };

type Handle = Awaited<ReturnType<typeof start>>;

/** The attempt that Temporal waits to begin, and for how many seconds it does. */
async function pendingAttempt(handle: Handle): Promise<readonly [number, number]> {
  const { raw } = await handle.describe();
  const { attempt, currentRetryInterval } = raw.pendingActivities?.[0] ?? {};
  return [attempt ?? 0, Number(currentRetryInterval?.seconds ?? 0)];
}

async function recorded(handle: Handle) {
  return await eventually(async () => {
    const stored = await under.storage.executions.get(handle.workflowId);
    if (stored?.completedAt === undefined) throw new Error('it has not been recorded yet');
    return stored;
  });
}

describe('an execution whose provider refuses it twice', () => {
  it('is tried three times, and waits in between: as long as the server asked, then by its own backoff', async () => {
    answers = [refuses(429, { 'retry-after': '5' }), refuses(503), says('Third time lucky.')];
    const before = server.bodies.length;
    const retryConfig = { maxAttempts: 3, backoffSeconds: 3 };
    const handle = await start(CHAT, { overrides: { retryConfig } });
    const calls = () => server.bodies.length - before;
    await eventually(async () => {
      expect(await pendingAttempt(handle)).toEqual([2, 5]);
    });
    expect(calls()).toBe(1);
    await eventually(async () => {
      expect(await pendingAttempt(handle)).toEqual([3, 6]);
    });
    expect(calls()).toBe(2);
    await handle.result();
    expect(calls()).toBe(3);
    const execution = await recorded(handle);
    expect(execution).toMatchObject({ status: 'COMPLETED', finalResponse: 'Third time lucky.' });
    expect(execution.attempts.map(({ attempt, outcome, errorCode }) => [attempt, outcome, errorCode])).toEqual([
      [1, 'failed', 'rate_limit'],
      [2, 'failed', 'overloaded'],
      [3, 'completed', undefined],
    ]);
    const [page] = await under.streams.read([{ executionId: execution.id, from: 0, limit: 100 }]);
    const events = page?.entries.flatMap((entry) => entry.events) ?? [];
    expect(events.filter(({ eventType }) => eventType === 'thinking')).toMatchObject([
      { status: 'rate_limited', content: 'rate_limit: the next attempt in 5 s' },
      { status: 'retrying', content: 'overloaded: the next attempt in 6 s' },
    ]);
  });
});

describe('an execution whose model is at an inner address that nobody has allowed', () => {
  it('fails with what to do, and is not tried again', async () => {
    const handle = await start(INNER);
    await expect(handle.result()).rejects.toThrow();
    const { attempts, ...execution } = await recorded(handle);
    expect(execution).toMatchObject({
      status: 'FAILED',
      errorCode: 'host_forbidden',
      errorMessage: '10.255.255.1:9 has no public address, and ALLOWED_PRIVATE_HOSTS does not name it.',
    });
    expect(attempts.map(({ outcome, errorCode }) => [outcome, errorCode])).toEqual([['failed', 'host_forbidden']]);
  });
});

describe('a conversation over two executions', () => {
  it('goes on where the first ended: Anthropic gets what it was asked and what it said, in turns', async () => {
    answers = [says('The first is clear.'), says('So is the second.')];
    const before = server.bodies.length;
    const conversationId = 'over-http';
    const first = await start(MESSAGES, { conversationId });
    await first.result();
    const second = await start(MESSAGES, { conversationId });
    await second.result();
    const [asked, askedAgain] = server.bodies.slice(before) as Record<'messages' | 'system', unknown>[];
    const question = { role: 'user', content: expect.anything() as unknown };
    expect(asked?.messages).toEqual([question]);
    expect(askedAgain?.messages).toEqual([
      ...(asked?.messages as unknown[]),
      { role: 'assistant', content: expect.anything() as unknown },
      question,
    ]);
    expect(askedAgain?.system).toEqual(asked?.system);
    const heard = JSON.stringify(askedAgain?.messages);
    const order = ['Document', 'The first is clear.', 'Document'].reduce((at, words) => {
      const next = heard.indexOf(words, at);
      expect(next).toBeGreaterThanOrEqual(at);
      return next + words.length;
    }, 0);
    expect(heard.indexOf('So is the second.', order)).toBe(-1);
    expect(server.bodies.length - before).toBe(2);
  });
});
