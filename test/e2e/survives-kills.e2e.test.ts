import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { watchExecution } from '../../src/client/index.js';
import { startAimock, type AimockProcess } from '../support/aimock-process.js';
import { LONG_PROSE } from '../support/aimock-review.js';
import { createAgent, createToken, createWorkflow, execution, fire, settledToken } from '../support/api-client.js';
import { newSetting, startEverything, type Setting } from '../support/everything.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { sha256, streamFaults, StreamViewer } from '../support/stream-viewer.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';

const AGENT = {
  id: 'writer',
  name: 'Writer',
  llmProvider: { type: 'openai', model: 'gpt-4o-mini' },
  prompts: { system: 'You write.', userTemplate: 'Write about {input_data}' },
};
const WORKFLOW = {
  id: 'writing',
  name: 'Writing',
  places: ['asked', 'written'],
  initialPlace: 'asked',
  transitions: [
    {
      id: 'write',
      fromPlaces: ['asked'],
      toPlace: 'written',
      agentExecution: { agentId: 'writer', outputMapping: { 'data.text': 'response' } },
    },
  ],
};

async function startWriting(address: string): Promise<{ tokenId: string; executionId: string }> {
  await createAgent(address, AGENT);
  await createWorkflow(address, WORKFLOW);
  const tokenId = await createToken(address, { workflowId: 'writing', data: { topic: 'tides' } });
  return { tokenId, executionId: await fire(address, { tokenId, transitionId: 'write' }) };
}

/** What must be true at the end, whatever died on the way. */
async function expectWhole(address: string, ids: { tokenId: string; executionId: string }, viewer: StreamViewer) {
  const token = await settledToken(address, ids.tokenId);
  const stored = await execution(address, ids.executionId);
  expect(token).toMatchObject({ place: 'written', status: 'COMPLETED', data: { text: LONG_PROSE } });
  expect(token.history).toHaveLength(1);
  expect(stored).toMatchObject({ status: 'COMPLETED', finalResponse: LONG_PROSE });
  expect(viewer.text).toBe(stored.finalResponse);
  expect(viewer.last).toMatchObject({ eventType: 'completed', sha256: sha256(viewer.text) });
  expect(streamFaults(viewer.events)).toEqual([]);
}

let aimock: AimockProcess;

beforeEach(async () => {
  const modulePath = new URL('../support/aimock-review.ts', import.meta.url).pathname;
  aimock = await startAimock({ modulePath, latencyMs: 40, chunkSize: 16 });
});

afterEach(async () => {
  await aimock.stop();
});

describe('separate processes on PostgreSQL', () => {
  let temporal: TestTemporalServer;
  let database: TestDatabase;
  let setting: Setting;
  const processes: SpawnedProcess[] = [];

  beforeEach(async () => {
    [temporal, database] = await Promise.all([startTemporalServer(), createTestDatabase()]);
    setting = await newSetting({
      TEMPORAL_ADDRESS: temporal.address,
      STORAGE_URL: database.url,
      OPENAI_BASE_URL: aimock.baseUrl,
    });
    await start('src/api/main.ts', 'API ready');
  });

  afterEach(async () => {
    await Promise.all(processes.splice(0).map((one) => one.kill()));
    await temporal.stop();
    await database.drop();
    await setting.remove();
  });

  async function start(file: string, ready: string): Promise<SpawnedProcess> {
    const started = SpawnedProcess.start(file, setting.environment);
    processes.push(started);
    await started.said(ready);
    return started;
  }

  async function twoWorkers(): Promise<readonly SpawnedProcess[]> {
    return await Promise.all([start('src/worker.ts', 'Worker ready'), start('src/worker.ts', 'Worker ready')]);
  }

  /** The worker on which Temporal says that the execution's model call runs. */
  async function callerOf(executionId: string, workers: readonly SpawnedProcess[]): Promise<SpawnedProcess> {
    const connection = await Connection.connect({ address: temporal.address });
    const { raw } = await new Client({ connection }).workflow.getHandle(executionId).describe();
    await connection.close();
    const identity = raw.pendingActivities?.[0]?.lastWorkerIdentity ?? '';
    const caller = workers.find(({ pid }) => identity.startsWith(`${String(pid)}@`));
    if (caller === undefined) throw new Error(`no worker of ours is "${identity}"`);
    return caller;
  }

  it('a worker killed in mid-answer: the viewer gets a new attempt and the whole answer, and the token moves once', async () => {
    const workers = await twoWorkers();
    const ids = await startWriting(setting.address);
    const viewer = new StreamViewer();
    const watching = viewer.watch(setting.address, ids.executionId);
    await viewer.sawChunks(5);
    await (await callerOf(ids.executionId, workers)).kill();
    expect(await watching).toBe(1000);
    await expectWhole(setting.address, ids, viewer);
    expect(viewer.attempts).toBe(2);
    expect(await aimock.requests()).toHaveLength(2);
    const { attempts } = await execution(setting.address, ids.executionId);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['lost', 'completed']);
  });

  it('a worker frozen before it opened its stream and woken after its successor opened is refused', async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const workers = await twoWorkers();
    // It looks for a stored turn before it opens its stream: there it waits, and there it is frozen.
    await client.query('begin; lock table circuit_breaker.turns in access exclusive mode');
    const ids = await startWriting(setting.address);
    const viewer = new StreamViewer();
    const watching = viewer.watch(setting.address, ids.executionId);
    const frozen = await vi.waitFor(() => callerOf(ids.executionId, workers), { timeout: 10_000, interval: 50 });
    frozen.signal('SIGSTOP');
    await client.query('commit');
    await client.end();
    await viewer.sawChunks(3);
    frozen.signal('SIGCONT');
    expect(await watching).toBe(1000);
    await expectWhole(setting.address, ids, viewer);
    expect(viewer.attempts).toBe(1);
  });

  it('a worker stopped in order hands its call over', async () => {
    const workers = await twoWorkers();
    const ids = await startWriting(setting.address);
    const viewer = new StreamViewer();
    const watching = viewer.watch(setting.address, ids.executionId);
    await viewer.sawChunks(3);
    const stopped = await callerOf(ids.executionId, workers);
    expect(await stopped.stop(), stopped.output).toBe(0);
    expect(await watching).toBe(1000);
    await expectWhole(setting.address, ids, viewer);
  });
});

describe('everything in one process, on its own folder', () => {
  it('killed and started again: the viewer resumes with its cursor and ends with the right text', async () => {
    const setting = await newSetting({ OPENAI_BASE_URL: aimock.baseUrl });
    const first = await startEverything(setting);
    const ids = await startWriting(setting.address);
    const viewer = new StreamViewer();
    const watching = viewer.watch(setting.address, ids.executionId);
    // Comes again by itself, until there is a server again.
    const watched = watchExecution({ url: setting.address, executionId: ids.executionId });
    const finished = watched.finished();
    await viewer.sawChunks(5);
    await first.kill();
    expect(await watching).not.toBe(1000);
    const second = await startEverything(setting);
    expect(await viewer.watch(setting.address, ids.executionId)).toBe(1000);
    await expectWhole(setting.address, ids, viewer);
    expect(await finished).toMatchObject({ eventType: 'completed', final_response: LONG_PROSE });
    expect([watched.view.text, watched.isVerified]).toEqual([LONG_PROSE, true]);
    await second.stop();
    const third = await startEverything(setting);
    const late = new StreamViewer();
    expect(await late.watch(setting.address, ids.executionId)).toBe(1000);
    await expectWhole(setting.address, ids, late);
    await third.stop();
    await setting.remove();
  });
});
