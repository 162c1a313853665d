import { setTimeout as delay } from 'node:timers/promises';

import { Client, Connection, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Token } from '../../src/core/tokens/token.js';
import { startAimock, type AimockProcess } from '../support/aimock-process.js';
import { createAgent, createWorkflow, graphql } from '../support/api-client.js';
import { newSetting, type Setting } from '../support/everything.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { report } from '../support/report.js';
import { seeded } from '../support/seeded.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';
import { untilOver } from '../support/under-way.js';

const SEED = 20261123;
const TOKENS = 200;
/** Longer than the heartbeat timeout of a model call: what ran then is taken for lost. */
const LONG_OUTAGE_MS = 7000;

const AGENT = {
  id: 'writer',
  name: 'Writer',
  llmProvider: { type: 'openai', model: 'gpt-4o-mini' },
  prompts: { system: 'You write.', userTemplate: 'Write about <{topic}>' },
};
const use = {
  agentId: 'writer',
  inputMapping: { topic: 'data.topic' },
  retryConfig: { maxAttempts: 5, backoffSeconds: 0.2 },
};
const WORKFLOW = {
  id: 'writing',
  name: 'Writing',
  places: ['asked', 'written', 'published'],
  initialPlace: 'asked',
  transitions: [
    {
      id: 'write',
      fromPlaces: ['asked'],
      toPlace: 'written',
      agentExecution: { ...use, outputMapping: { 'data.text': 'response' } },
    },
    { id: 'publish', fromPlaces: ['written'], toPlace: 'published' },
  ],
  placeAgents: [
    { ...use, id: 'proofread', placeId: 'written', schedule: { initialDelaySeconds: 4 }, autoTransition: 'publish' },
  ],
};

interface StoredToken {
  readonly token: {
    readonly place: string;
    readonly status: string;
    readonly version: number;
    readonly data: { readonly text?: string };
  };
  readonly tokenEvents: readonly { readonly type: string; readonly transitionId: string | null }[];
  readonly tokenExecutions: readonly {
    readonly status: string;
    readonly finalResponse: string;
    readonly attempts: readonly { readonly outcome: string }[];
  }[];
}

const STORED = `query ($id: String!) {
  token(id: $id) { place status version data }
  tokenEvents(tokenId: $id, first: 200) { type transitionId }
  tokenExecutions(tokenId: $id) { status finalResponse attempts { outcome } }
}`;

describe(`${TOKENS} tokens while workers and the Temporal server are killed at random moments`, () => {
  const random = seeded(SEED);
  const ids = Array.from({ length: TOKENS }, (_, index) => `essay-${index}`);
  const workers: SpawnedProcess[] = [];
  let aimock: AimockProcess;
  let temporal: TestTemporalServer;
  let database: TestDatabase;
  let setting: Setting;
  let api: SpawnedProcess;
  let client: Client;

  beforeAll(async () => {
    const modulePath = new URL('../support/aimock-review.ts', import.meta.url).pathname;
    aimock = await startAimock({ modulePath, latencyMs: 300, chunkSize: 64 });
    [temporal, database] = await Promise.all([startTemporalServer(), createTestDatabase()]);
    setting = await newSetting({
      TEMPORAL_ADDRESS: temporal.address,
      STORAGE_URL: database.url,
      OPENAI_BASE_URL: aimock.baseUrl,
    });
    api = await SpawnedProcess.ready('api', setting.environment);
    workers.push(await startWorker(), await startWorker());
    client = new Client({ connection: await Connection.connect({ address: temporal.address }) });
    await createAgent(setting.address, AGENT);
    await createWorkflow(setting.address, WORKFLOW);
  });

  afterAll(async () => {
    await Promise.all([api, ...workers].map((one) => one.kill()));
    await client.connection.close();
    await temporal.stop();
    await aimock.stop();
    await database.drop();
    await setting.remove();
  });

  function startWorker(): Promise<SpawnedProcess> {
    return SpawnedProcess.ready('worker', setting.environment);
  }

  /** Tries until it gets through, as any client does whose server is away for a while. */
  async function persistently(ask: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await ask();
        return;
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return;
        await delay(200);
      }
    }
  }

  async function begin(id: string): Promise<void> {
    const args = [{ workflowId: 'writing', data: { topic: id } }];
    const options = { taskQueue: 'circuit-breaker', workflowId: id, args };
    await persistently(() => client.workflow.start('tokenLifecycle', options));
    const request = { transitionId: 'write', idempotencyKey: 'first' };
    await persistently(() => client.workflow.getHandle(id).signal('fireTransition', request));
  }

  async function load(): Promise<void> {
    const waiting = [...ids];
    const beginNext = async (): Promise<void> => {
      for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) await begin(id);
    };
    await Promise.all(Array.from({ length: 8 }, beginNext));
  }

  async function killWorker(): Promise<void> {
    const victim = workers.splice(Math.floor(random() * workers.length), 1)[0];
    await victim?.kill();
    workers.push(await startWorker());
  }

  async function killTemporal(downMs: number): Promise<void> {
    temporal.kill();
    await delay(downMs);
    await temporal.restart();
  }

  /** How every token ended; says how those stand that do not. */
  async function results(): Promise<ReadonlyMap<string, Token>> {
    const ended = new Map<string, Token>();
    for (const id of ids) {
      void persistently(async () => ended.set(id, (await client.workflow.getHandle(id).result()) as Token));
    }
    // They go on side by side: on a slow machine the first one ends long after the last kill.
    let calls = 0;
    const counting = setInterval(() => {
      aimock.requests().then(
        (made) => {
          calls = made.length;
        },
        () => undefined,
      );
    }, 1000);
    await untilOver({
      isOver: () => ended.size === ids.length,
      progress: () => `${ended.size} ${calls}`,
      found: async () => {
        const stuck = ids.filter((id) => !ended.has(id));
        const first = stuck[0] ?? '';
        const stored = JSON.stringify(await graphql<StoredToken>(setting.address, STORED, { id: first }));
        const counted = `${stuck.length} tokens did not end: ${stuck.join(' ')}`;
        return `${counted}\n${stored.slice(0, 2000)}\n${await lastEvents(first)}`;
      },
    }).finally(() => {
      clearInterval(counting);
    });
    return ended;
  }

  /** What Temporal has of a token and of what it waits for: its newest events, and what is still to be done. */
  async function lastEvents(id: string): Promise<string> {
    const handle = client.workflow.getHandle(id);
    const [{ events }, { raw, status }] = await Promise.all([handle.fetchHistory(), handle.describe()]);
    const lines = (events ?? []).slice(-25).map((event) => {
      const failure = event.workflowTaskFailedEventAttributes?.failure?.message ?? '';
      const at = new Date(Number(event.eventTime?.seconds) * 1000).toISOString();
      return `${String(event.eventId)} ${at} ${String(event.eventType)} ${failure}`;
    });
    const children = (raw.pendingChildren ?? []).map((child) => lastEvents(child.workflowId ?? ''));
    const pending = JSON.stringify([raw.pendingWorkflowTask, raw.pendingActivities]);
    return [`${id} ${status.name} ${pending}`, ...lines, ...(await Promise.all(children))].join('\n');
  }

  /**
   * Kills hit what they are meant to hit: model calls in the middle of their answers; many, where the machine bears as
   * many at once, and after a while any.
   */
  async function callsAreRunning(): Promise<void> {
    const query = '{ agentExecutions(status: RUNNING, first: 20) { nodes { id } } }';
    for (let wanted = 8; ; wanted = Math.max(1, wanted - 0.1)) {
      const { agentExecutions } = await graphql<{ agentExecutions: { nodes: unknown[] } }>(setting.address, query);
      if (agentExecutions.nodes.length >= wanted) return;
      await delay(100);
    }
  }

  async function killAtRandom(): Promise<void> {
    const kills = [killWorker, () => killTemporal(1000), killWorker, () => killTemporal(LONG_OUTAGE_MS)];
    for (const kill of kills) {
      await callsAreRunning();
      await delay(random() * 500);
      await kill();
    }
  }

  it(
    'leave every token where its history says, with nothing applied twice and nothing lost',
    { tags: ['worker-killed', 'temporal-killed', 'on-postgres'] },
    async () => {
      await Promise.all([load(), killAtRandom()]);
      const ended = await results();
      let lost = 0;
      for (const id of ids) {
        const stored = await graphql<StoredToken>(setting.address, STORED, { id });
        const result = ended.get(id);
        expect(result, id).toMatchObject({ place: 'published', status: 'COMPLETED', transitionCount: 2 });
        expect(stored.token, id).toMatchObject({ place: 'published', status: 'COMPLETED', version: result?.version });
        const fired = stored.tokenEvents.filter(({ type }) => type === 'TRANSITION_FIRED');
        expect(
          fired.map(({ transitionId }) => transitionId),
          id,
        ).toEqual(['write', 'publish']);
        expect(
          stored.tokenExecutions.map(({ status }) => status),
          id,
        ).toEqual(['COMPLETED', 'COMPLETED']);
        expect(stored.token.data.text, id).toBe(stored.tokenExecutions.at(-1)?.finalResponse);
        const outcomes = stored.tokenExecutions.flatMap(({ attempts }) => attempts.map(({ outcome }) => outcome));
        expect(
          outcomes.filter((outcome) => outcome === 'completed'),
          id,
        ).toHaveLength(2);
        lost += outcomes.length - 2;
      }
      const calls = (await aimock.requests()).length;
      report(`${calls} model calls for ${2 * TOKENS} turns; ${lost} attempts were lost`);
      // What was called again had been lost: a finished turn is in the history, or in storage.
      expect(lost).toBeGreaterThan(0);
      expect(calls).toBeLessThanOrEqual(2 * TOKENS + lost);
    },
  );
});
