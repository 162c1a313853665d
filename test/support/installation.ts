import { setTimeout as delay } from 'node:timers/promises';

import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import { expect } from 'vitest';

import { LONG_PROSE } from './aimock-review.js';
import { createAgent, createToken, createWorkflow, execution, fire, settledToken } from './api-client.js';
import { newSetting, type Setting } from './everything.js';
import { startHeldProse, type HeldProse } from './held-prose.js';
import type { Network } from './network.js';
import { createTestDatabase, type TestDatabase } from './postgres.js';
import { SpawnedProcess } from './spawned-process.js';
import { sha256, streamFaults, type StreamViewer } from './stream-viewer.js';
import { startTemporalServer, type TestTemporalServer } from './temporal-server.js';
import { writingWorkflow } from './writing-workflow.js';

const AGENT = {
  id: 'writer',
  name: 'Writer',
  llmProvider: { type: 'openai', model: 'gpt-4o-mini' },
  prompts: { system: 'You write.', userTemplate: 'Write about {input_data}' },
};
const WORKFLOW = writingWorkflow();

export interface WritingIds {
  readonly tokenId: string;
  readonly executionId: string;
}

/** One long answer of a model, asked for over the API at an address. */
export async function write(address: string, topic = 'tides'): Promise<WritingIds> {
  const tokenId = await createToken(address, { workflowId: 'writing', data: { topic } });
  return { tokenId, executionId: await fire(address, { tokenId, transitionId: 'write' }) };
}

/** What `write` needs. */
export async function prepareWriting(address: string): Promise<void> {
  await createAgent(address, AGENT);
  await createWorkflow(address, WORKFLOW);
}

/** What must be true at the end, whatever died on the way: the token moved once, and everyone shows what was stored. */
export async function expectWhole(address: string, ids: WritingIds, viewers: readonly StreamViewer[]): Promise<void> {
  const token = await settledToken(address, ids.tokenId);
  const stored = await execution(address, ids.executionId);
  expect(token).toMatchObject({ place: 'written', status: 'COMPLETED', data: { text: LONG_PROSE } });
  expect(token.history).toHaveLength(1);
  expect(stored).toMatchObject({ status: 'COMPLETED', finalResponse: LONG_PROSE });
  for (const viewer of viewers) {
    expect(viewer.text).toBe(stored.finalResponse);
    expect(viewer.last).toMatchObject({ eventType: 'completed', sha256: sha256(viewer.text) });
    expect(streamFaults(viewer.events)).toEqual([]);
  }
}

interface SurroundingsOptions {
  readonly chunks: number;
  readonly inOtherWords?: boolean;
}

/** What installations share: a Temporal server, and a provider that can be held in the middle of its answers. */
export class Surroundings {
  private constructor(
    readonly temporal: TestTemporalServer,
    readonly prose: HeldProse,
    readonly client: Client,
  ) {}

  /** The provider's answers come in so many chunks, and in other words each time where that is wanted. */
  static async start({ chunks, ...how }: SurroundingsOptions): Promise<Surroundings> {
    const [temporal, prose] = await Promise.all([startTemporalServer(), startHeldProse(chunks, how)]);
    const client = new Client({ connection: await Connection.connect({ address: temporal.address }) });
    return new Surroundings(temporal, prose, client);
  }

  async stop(): Promise<void> {
    await this.client.connection.close();
    await Promise.all([this.temporal.stop(), this.prose.stop()]);
  }
}

interface InstallationOptions {
  /** Absent: a database of its own on the server that tests share. */
  readonly storageUrl?: string;
  /** Absent: streams are kept where everything else is. */
  readonly streamUrl?: string;
  /** Absent: where everything else is. */
  readonly agentStorageUrl?: string;
  /** What stands between a process, `api-1` or `worker-1` and so on, and its servers; absent: nothing. */
  readonly network?: Network;
}

/** Two workers and an API as processes of their own, which share storage and a backend of streams, and no memory or folder. */
export class Installation {
  readonly #surroundings: Surroundings;
  readonly #database: TestDatabase;
  readonly #setting: Setting;
  readonly #network: Network | undefined;
  readonly workers: SpawnedProcess[] = [];
  readonly #apis: SpawnedProcess[] = [];
  readonly #names = new Map<SpawnedProcess, string>();
  readonly #started = { api: 0, worker: 0 };

  private constructor(
    surroundings: Surroundings,
    database: TestDatabase,
    { setting, network }: { readonly setting: Setting; readonly network: Network | undefined },
  ) {
    this.#surroundings = surroundings;
    this.#database = database;
    this.#setting = setting;
    this.#network = network;
  }

  static async start(
    surroundings: Surroundings,
    prefix: string,
    { storageUrl, streamUrl, agentStorageUrl, network }: InstallationOptions = {},
  ): Promise<Installation> {
    const database = storageUrl === undefined ? await createTestDatabase() : ownedElsewhere(storageUrl);
    const setting = await newSetting({
      TEMPORAL_ADDRESS: surroundings.temporal.address,
      TASK_QUEUE_PREFIX: prefix,
      STORAGE_URL: database.url,
      OPENAI_BASE_URL: surroundings.prose.baseUrl,
      ...(streamUrl === undefined ? {} : { STREAM_URL: streamUrl }),
      ...(agentStorageUrl === undefined ? {} : { AGENT_STORAGE_URL: agentStorageUrl }),
    });
    const installation = new Installation(surroundings, database, { setting, network });
    await Promise.all([installation.startApi(), installation.startWorker(), installation.startWorker()]);
    await prepareWriting(setting.address);
    return installation;
  }

  get address(): string {
    return this.#setting.address;
  }

  get storageUrl(): string {
    return this.#database.url;
  }

  async startWorker(): Promise<void> {
    const worker = await this.#start('worker');
    this.workers.push(worker);
    await worker.untilReady();
  }

  async startApi(otherwise: Readonly<Record<string, string>> = {}): Promise<SpawnedProcess> {
    const api = await this.#start('api', otherwise);
    this.#apis.push(api);
    await api.untilReady();
    return api;
  }

  /** What its network knows a process by. */
  nameOf(process: SpawnedProcess): string {
    return this.#names.get(process) ?? '';
  }

  /** What a process of this name has said. */
  outputOf(name: string): string {
    return [...this.#names].find(([, its]) => its === name)?.[0].output ?? '';
  }

  async #start(kind: 'api' | 'worker', otherwise: Readonly<Record<string, string>> = {}): Promise<SpawnedProcess> {
    const name = `${kind}-${++this.#started[kind]}`;
    const { environment } = this.#setting;
    const through = (await this.#network?.through(name, environment)) ?? environment;
    const started = SpawnedProcess.start(kind, { ...through, ...otherwise });
    this.#names.set(started, name);
    return started;
  }

  /** The worker on which Temporal says that the execution's model call runs. */
  async callerOf({ executionId }: WritingIds): Promise<SpawnedProcess> {
    for (;;) {
      const identity = await this.#callingWorker(executionId);
      const caller = this.workers.find(({ pid }) => identity.startsWith(`${String(pid)}@`));
      if (caller !== undefined) return caller;
      await delay(20);
    }
  }

  /** Empty before a call runs: an id is given out as soon as it is recorded, and Temporal hears of it a moment later. */
  async #callingWorker(executionId: string): Promise<string> {
    try {
      const { raw } = await this.#surroundings.client.workflow.getHandle(executionId).describe();
      return raw.pendingActivities?.[0]?.lastWorkerIdentity ?? '';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return '';
      throw error;
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.workers, ...this.#apis].map((one) => one.kill()));
    await this.#database.drop();
    await this.#setting.remove();
  }
}

function ownedElsewhere(url: string): TestDatabase {
  return { url, drop: () => Promise.resolve() };
}
