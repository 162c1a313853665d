import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

import type { ActivityParts } from '../../src/activities/activity-parts.js';
import { createActivities } from '../../src/activities/create-activities.js';
import { KnownBudgets } from '../../src/activities/known-budgets.js';
import { EqualCalls } from '../../src/activities/equal-calls.js';
import { OneAfterAnother } from '../../src/activities/one-after-another.js';
import { tellInOrder } from '../../src/activities/tell-in-order.js';
import type { LanguageModel } from '../../src/providers/language-model.js';
import { builtInTools } from '../../src/compose/built-in-tools.js';
import { preparedCode } from '../../src/compose/workflow-code.js';
import { WORKER_OPTIONS } from '../../src/compose/worker-options.js';
import { openStorage } from '../../src/storage/open-storage.js';
import type { Storage } from '../../src/storage/storage.js';
import { openAnswerStream } from '../../src/streams/writing/gathered-answer.js';
import { tellTools } from '../../src/streams/writing/tell-tools.js';
import { executionEnding } from '../../src/streams/writing/execution-ending.js';
import { finishStream } from '../../src/streams/writing/finish-stream.js';
import { openStreamLog } from '../../src/streams/open-stream-log.js';
import type { StreamLog } from '../../src/streams/stream-log.js';
import type { ModelBatches } from '../../src/providers/model-batches.js';
import { awaitExecution } from '../../src/temporal/await-execution.js';
import { batchSignals } from '../../src/temporal/batch-signals.js';
import { clientDataConverter, workerDataConverter } from '../../src/temporal/data-converter.js';
import { LongWaits } from '../../src/temporal/long-waits.js';
import { createTemporalGateway, type TemporalGateway } from '../../src/temporal/temporal-gateway.js';
import type { PayloadKey } from '../../src/core/payload-keys.js';
import { secretMask } from '../../src/core/secrets.js';
import { taskQueues } from '../../src/contract/messages.js';
import { offersOf } from '../../src/tools/tool-offers.js';
import type { Tool } from '../../src/tools/tool.js';
import { breakersOn } from './breakers.js';
import { MemoryLogger } from './memory-logger.js';
import { NO_BATCHES } from './no-batches.js';
import { schemasInThisThread } from './schemas.js';
import { startTemporalServer, type TestTemporalOptions, type TestTemporalServer } from './temporal-server.js';
import { unmeasured } from './metrics.js';
import { untraced } from './traces.js';
import { mayNameThisMachine } from './this-machine.js';

/** The real workflows and activities on a real Temporal server, with storage in memory and a model of the test's. */
export interface WorkerUnderTest {
  readonly client: Client;
  readonly temporal: Pick<TestTemporalServer, 'address'>;
  readonly storage: Storage;
  readonly streams: StreamLog;
  readonly taskQueue: string;
  stop(): Promise<void>;
}

/** What no model may be told in the words of a tool that failed. */
export const A_SECRET = 'hunter2-hunter2';
const EXECUTION_TIMEOUT_SECONDS = 30;
/** What was built: each file would bundle the same for seconds, and the SDK loads no TypeScript. */
const FAILURES = fileURLToPath(new URL('../../dist/temporal/encoded-failures.js', import.meta.url));
const WORKFLOWS = fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url));

interface WorkerOptionsUnderTest {
  /** Changes the code of the workflows, as it was built. */
  readonly changeCode?: (code: string) => string;
  /** In memory where nothing is said. */
  readonly storageUrl?: string;
  /** Encrypt what Temporal stores: absent, it is stored in clear. */
  readonly payloadKeys?: readonly PayloadKey[];
  readonly tools?: readonly Tool[];
  /** How many activities of the tools queue run at once. */
  readonly toolSlots?: number;
  /** What calls cost; absent: nobody knows. */
  readonly costOf?: ActivityParts['costOf'];
  /** Gathered for a second, and asked for every second. Absent: there are none. */
  readonly batches?: ModelBatches;
  /** Runs before a turn that waits, which is stored, has its batch gathered; absent: nothing does. */
  readonly beforeGathering?: () => Promise<void>;
}

export async function startWorkerUnderTest(
  model: LanguageModel,
  {
    tools,
    toolSlots,
    batches,
    storageUrl,
    payloadKeys,
    changeCode,
    costOf,
    beforeGathering,
    ...options
  }: TestTemporalOptions & WorkerOptionsUnderTest = {},
): Promise<WorkerUnderTest> {
  quietRuntime();
  return await startWorkerOn(await startTemporalServer(options), model, {
    ...(tools === undefined ? {} : { tools }),
    ...(toolSlots === undefined ? {} : { toolSlots }),
    ...(batches === undefined ? {} : { batches }),
    ...(storageUrl === undefined ? {} : { storageUrl }),
    ...(payloadKeys === undefined ? {} : { payloadKeys }),
    ...(changeCode === undefined ? {} : { changeCode }),
    ...(costOf === undefined ? {} : { costOf }),
    ...(beforeGathering === undefined ? {} : { beforeGathering }),
  });
}

/** What an API process asks its Temporal server by. */
export function gatewayOf(under: WorkerUnderTest, taskQueuePrefix = under.taskQueue): TemporalGateway {
  const executionTimeoutSeconds = EXECUTION_TIMEOUT_SECONDS;
  return createTemporalGateway({
    client: under.client,
    taskQueuePrefix,
    executionTimeoutSeconds,
    claimHome: (home) => under.storage.temporalHome.claim(home),
  });
}

/** Once per process, before anything of the SDK's worker is made. */
export function quietRuntime(): void {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
}

/** The same on a server that is there; stopping the worker stops it. */
export async function startWorkerOn(
  temporal: Pick<TestTemporalServer, 'address' | 'stop'>,
  model: LanguageModel,
  {
    tools = [],
    toolSlots = 100,
    batches,
    storageUrl = 'memory:',
    payloadKeys = [],
    changeCode,
    costOf = () => undefined,
    beforeGathering = () => Promise.resolve(),
  }: WorkerOptionsUnderTest = {},
): Promise<WorkerUnderTest> {
  const isEncrypted = payloadKeys.length > 0;
  const { storage } = await openStorage(storageUrl, { logger: new MemoryLogger() });
  const streams = await openStreamLog('memory:', {});
  const logger = new MemoryLogger();
  const clientConnection = await Connection.connect({ address: temporal.address });
  const client = new Client({ connection: clientConnection, dataConverter: clientDataConverter(payloadKeys) });
  const now = () => new Date().toISOString();
  const temporalGateway = createTemporalGateway({
    client,
    taskQueuePrefix: 'circuit-breaker',
    executionTimeoutSeconds: EXECUTION_TIMEOUT_SECONDS,
    claimHome: (home) => storage.temporalHome.claim(home),
  });
  const operations = {
    storage,
    temporal: temporalGateway,
    schemas: schemasInThisThread,
    mayName: mayNameThisMachine,
    metrics: unmeasured,
    traces: untraced,
    now,
  };
  const registry = new Map([...builtInTools(operations), ...tools.map((tool) => [tool.name, tool] as const)]);
  const waits = new LongWaits(client.activity);
  const signals = batchSignals(client, 'circuit-breaker');
  const parts: ActivityParts = {
    ...operations,
    model,
    costOf,
    budgets: new KnownBudgets(storage),
    batches: {
      ...{ ...NO_BATCHES, ...signals, ...(batches && { models: batches }) },
      collect: async (group) => {
        await beforeGathering();
        await signals.collect(group);
      },
    },
    appends: new OneAfterAnother(),
    breakers: breakersOn(storage),
    equalCalls: new EqualCalls(storage.answerCache),
    tools: registry,
    tellTools: tellInOrder((place, events) => tellTools(streams, place, { events, onFailure: () => undefined })),
    logger,
    mask: secretMask([A_SECRET]),
    openAnswer: (executionId, options) => openAnswerStream(streams, executionId, options),
    closeStream: async (execution) => {
      const lastSequence = await finishStream(streams, execution.id, executionEnding(execution));
      await storage.executions.update(execution.id, { lastSequence });
    },
    awaitExecution: awaitExecution(client, 'circuit-breaker'),
    waitWithoutSlot: waits.take.bind(waits),
    executionTimeoutSeconds: EXECUTION_TIMEOUT_SECONDS,
  };
  await storage.tools.offer(offersOf(registry), now(), '');
  const queues = taskQueues('circuit-breaker');
  const connection = await NativeConnection.connect({ address: temporal.address });
  const activities = createActivities(parts);
  const dataConverter = { ...workerDataConverter(payloadKeys), ...(isEncrypted && { failureConverterPath: FAILURES }) };
  const shared = { connection, activities, dataConverter, ...WORKER_OPTIONS, shutdownGraceTime: 0 };
  const built =
    changeCode === undefined ? { codePath: WORKFLOWS } : { code: changeCode(await readFile(WORKFLOWS, 'utf8')) };
  const workflowBundle = await preparedCode(built, { encodesFailures: isEncrypted, hasBuild: false });
  const workers = [
    await Worker.create({ ...shared, taskQueue: queues.main, workflowBundle }),
    await Worker.create({ ...shared, taskQueue: queues.tools, maxConcurrentActivityTaskExecutions: toolSlots }),
  ];
  const running = workers.map((worker) => worker.run());
  return {
    client,
    temporal,
    storage,
    streams,
    taskQueue: queues.main,
    stop: async () => {
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      await waits.close();
      await clientConnection.close();
      await connection.close();
      await streams.shutdown();
      await storage.close();
      await temporal.stop();
    },
  };
}
