import type { Client } from '@temporalio/client';
import { Worker, type ActivityInterceptorsFactory, type WorkflowBundleOption } from '@temporalio/worker';

import type { ActivityParts, BatchParts } from '../activities/activity-parts.js';
import { createActivities } from '../activities/create-activities.js';
import { KnownBudgets } from '../activities/known-budgets.js';
import { EqualCalls } from '../activities/equal-calls.js';
import { OneAfterAnother } from '../activities/one-after-another.js';
import { ProviderBreakers } from '../activities/provider-breakers.js';
import { tellInOrder } from '../activities/tell-in-order.js';
import { traceActivity } from '../activities/trace-activity.js';
import { mayName } from '../http/forbidden-address.js';
import { openWebAccess } from '../http/open-web-access.js';
import type { WebAccess } from '../http/web-access.js';
import type { OperationParts } from '../operations/operation-parts.js';
import { secretMask, withoutKeys } from '../core/secrets.js';
import { createLanguageModel } from '../providers/create-language-model.js';
import { createModelBatches } from '../providers/create-model-batches.js';
import type { ModelBatches } from '../providers/model-batches.js';
import { priceTable } from '../providers/pricing/price-table.js';
import { readPricesFile } from '../providers/pricing/read-prices-file.js';
import { createDispatcher } from '../providers/connection/dispatcher.js';
import type { Credentials } from '../providers/keys/host-bound-keys.js';
import { providerOrigin } from '../providers/keys/provider-origin.js';
import { readCredentials } from '../providers/keys/read-credentials.js';
import type { Storage } from '../storage/storage.js';
import { openAnswerStream } from '../streams/writing/gathered-answer.js';
import { tellTools } from '../streams/writing/tell-tools.js';
import { awaitExecution } from '../temporal/await-execution.js';
import { batchSignals } from '../temporal/batch-signals.js';
import { connectWorker } from '../temporal/connect-worker.js';
import { connectClient } from '../temporal/connect.js';
import { workerDataConverter } from '../temporal/data-converter.js';
import { LongWaits } from '../temporal/long-waits.js';
import { createTemporalGateway, type TemporalGateway } from '../temporal/temporal-gateway.js';
import type { TemporalCluster } from '../temporal/open-temporal.js';
import type { Traces } from '../telemetry/traces.js';
import { loadTools } from '../tools/load-tools.js';
import { taskQueues } from '../contract/messages.js';
import { builtInTools, toolHttp } from './built-in-tools.js';
import { claimHome } from './claim-home.js';
import { containTools } from './contain-tools.js';
import { installRuntime } from './install-runtime.js';
import { joinWorkers, type JoinedWorkers } from './join-workers.js';
import { offerTools } from './offer-tools.js';
import type { Backends } from './open-backends.js';
import { privateHosts } from './private-hosts.js';
import type { ProcessParts } from './run-process.js';
import { tellRestingKeys } from './tell-resting-keys.js';
import { WORKER_OPTIONS } from './worker-options.js';
import { mcpConfigOf, workerTools } from './worker-tools.js';
import { announceBuild, ownBuild, refuseOtherWorkflows, versioningOf, type OwnBuild } from './own-build.js';
import { countRuns, WITHOUT_BUILD } from '../temporal/running-workflows.js';
import { WorkerBuilds } from '../temporal/worker-builds.js';
import { preparedCode, workflowBundle } from './workflow-code.js';

/** What is worth saying of a worker that runs. */
export interface RunningWorker {
  /** How many tools its folder has. */
  readonly ownTools: number;
  /** How many its file names; they start in their own time. */
  readonly mcpServers: number;
  readonly temporal: TemporalGateway;
}

/**
 * Runs the workers of this process on both task queues. Resolves when they poll. On close they hand running model
 * calls back within the grace period.
 */
export async function runWorker(
  parts: ProcessParts,
  cluster: TemporalCluster,
  backends: Backends,
): Promise<RunningWorker> {
  const { config, resources } = parts;
  containTools(parts);
  const [own, mcp] = await Promise.all([loadTools(config.toolsDir), mcpConfigOf(config)]);
  await installRuntime(parts.logger, parts.telemetry);
  const connection = await connectWorker(cluster);
  resources.add('the connection of the worker', () => connection.close());
  const { client, connection: clientConnection } = await connectClient(cluster, parts.telemetry.traces);
  resources.add('the client of the worker', () => clientConnection.close());
  const queues = taskQueues(config.taskQueuePrefix);
  const { payloadKeys } = cluster;
  const credentials = readCredentials(config.providers, config.secrets);
  const web = openWebAccess(config.webHosts);
  resources.add('the connections to hosts of tools and pictures', () => web.close());
  const joined = joinWorkers(parts, backends.storage.presence, client.activity);
  const made = activityParts(parts, { backends, client, credentials, web, joined });
  const http = toolHttp(web, credentials);
  const fixed = new Map([...builtInTools({ ...made, ...(http === undefined ? {} : { http }) }), ...own]);
  const registry = workerTools(parts, { fixed, mcp, schemas: backends.schemas });
  const bundle = await workflowBundle(parts.logger);
  const build = await knownBuild(parts, client, bundle);
  const shared = {
    ...versioningOf(build?.own),
    connection,
    namespace: cluster.namespace,
    activities: createActivities({ ...made, tools: registry }),
    dataConverter: workerDataConverter(payloadKeys),
    interceptors: {
      activity: [
        joined.interceptor((tool) => registry.get(tool)?.idempotent === true),
        ...tracing(parts.telemetry.traces),
      ],
    },
    ...WORKER_OPTIONS,
  };
  const main = await Worker.create({
    ...shared,
    taskQueue: queues.main,
    workflowBundle: await preparedCode(bundle, {
      encodesFailures: payloadKeys.length > 0,
      hasBuild: build !== undefined,
    }),
    maxConcurrentActivityTaskExecutions: config.maxConcurrentExecutions,
    ...(config.rateLimitPerMinute === undefined
      ? {}
      : { maxTaskQueueActivitiesPerSecond: config.rateLimitPerMinute / 60 }),
  });
  const tools = await Worker.create({ ...shared, taskQueue: queues.tools });
  await offerTools(parts, registry, backends.storage);
  run(parts, 'the worker', main);
  run(parts, 'the tool worker', tools);
  if (build !== undefined) await announce(parts, client, build);
  return { ownTools: own.size, mcpServers: mcp.servers.length, temporal: made.temporal };
}

function tracing(traces: Traces): readonly ActivityInterceptorsFactory[] {
  return traces.isOn ? [(context) => ({ inbound: traceActivity(traces, context) })] : [];
}

interface KnownBuild {
  readonly own: OwnBuild;
  readonly builds: WorkerBuilds;
}

async function knownBuild(
  { config }: ProcessParts,
  client: Client,
  bundle: WorkflowBundleOption,
): Promise<KnownBuild | undefined> {
  const { deployment } = config.temporal;
  if (deployment === undefined) return undefined;
  const [own, builds] = [await ownBuild(deployment, bundle), new WorkerBuilds(client, deployment.name)];
  await refuseOtherWorkflows(builds, own);
  return { own, builds };
}

async function announce({ config, logger, say }: ProcessParts, client: Client, { own, builds }: KnownBuild) {
  const runsWithoutBuild = async () => (await countRuns(client, config.taskQueuePrefix, WITHOUT_BUILD)) > 0;
  const current = await announceBuild(builds, own, { runsWithoutBuild });
  logger.info({ deployment: own.deploymentName, build: own.buildId, current }, 'the build of this worker');
  if (current === own.buildId) return;
  const others = current === undefined ? 'workers without a build' : `build ${current}`;
  say(
    `This worker is of build ${own.buildId}. What begins goes to ${others}: circuit-breaker upgrade --check says how this one takes over.`,
  );
}

interface WorkerParts {
  readonly backends: Backends;
  readonly client: Client;
  readonly credentials: Credentials;
  readonly web: WebAccess;
  readonly joined: JoinedWorkers;
}

/** What calls of this process do together, or know of each other. */
function togetherIn(storage: Storage): Pick<ActivityParts, 'appends' | 'budgets' | 'equalCalls'> {
  return {
    appends: new OneAfterAnother(),
    budgets: new KnownBudgets(storage),
    equalCalls: new EqualCalls(storage.answerCache),
  };
}

function activityParts(
  { config, logger, resources, telemetry }: ProcessParts,
  { backends, client, credentials, web, joined }: WorkerParts,
): Omit<ActivityParts, 'tools' | 'temporal'> & OperationParts & { readonly temporal: TemporalGateway } {
  const { taskQueuePrefix, executionTimeoutSeconds } = config;
  const allowed = privateHosts(config, credentials);
  const dispatcher = createDispatcher({
    connectionTimeoutMs: config.connectionTimeoutSeconds * 1000,
    privateHosts: allowed,
  });
  resources.add('the connections to providers', () => dispatcher.close());
  const waits = new LongWaits(client.activity, joined);
  resources.add('what activities wait for', () => waits.close());
  const { pricesFile } = config.economy;
  const prices = priceTable(pricesFile === undefined ? {} : readPricesFile(pricesFile));
  const keys = { keyStore: backends.storage.providerKeys, onRest: tellRestingKeys(logger, telemetry.metrics) };
  const models = { credentials, dispatcher, web, prices, ...keys };
  return {
    storage: backends.storage,
    ...togetherIn(backends.storage),
    openAnswer: answersOn(backends, logger),
    model: createLanguageModel({ ...models, schemas: backends.schemas }),
    breakers: breakersOf(config, { backends, credentials, logger }),
    costOf: (provider, usage) => prices.costOf(provider, usage),
    batches: batchParts(config, client, createModelBatches(models)),
    schemas: backends.schemas,
    tellTools: tellInOrder(async (place, events) => {
      const onFailure = (error: unknown) => {
        logger.warn({ executionId: place.executionId, err: error }, 'viewers could not be told what a tool does');
      };
      await tellTools(backends.streams, place, { events, onFailure });
    }),
    logger,
    metrics: telemetry.metrics,
    traces: telemetry.traces,
    mask: (text) => withoutKeys(secretMask(config.secrets)(text)),
    closeStream: backends.closeStream,
    temporal: createTemporalGateway({
      client,
      taskQueuePrefix,
      executionTimeoutSeconds,
      claimHome: claimHome(backends.storage, config),
    }),
    awaitExecution: awaitExecution(client, taskQueuePrefix),
    waitWithoutSlot: waits.take.bind(waits),
    executionTimeoutSeconds,
    mayName: (url) => mayName(url, allowed),
    now: () => new Date().toISOString(),
  };
}

function answersOn({ streams }: Backends, logger: ProcessParts['logger']): ActivityParts['openAnswer'] {
  return (executionId, options) =>
    openAnswerStream(streams, executionId, {
      ...options,
      onDelay: (error) => {
        logger.warn(
          { executionId, err: error },
          'the stream backend takes nothing; the answer is kept and goes out later',
        );
      },
    });
}

function breakersOf(
  { economy }: ProcessParts['config'],
  { backends, credentials, logger }: Pick<WorkerParts, 'backends' | 'credentials'> & Pick<ProcessParts, 'logger'>,
): ProviderBreakers {
  return new ProviderBreakers({
    store: backends.storage.breakers,
    originOf: (provider) => providerOrigin(provider, credentials),
    openMs: economy.breakerOpenSeconds * 1000,
    logger,
  });
}

function batchParts(
  { economy, taskQueuePrefix }: ProcessParts['config'],
  client: Client,
  models: ModelBatches,
): BatchParts {
  return { models, ...batchSignals(client, taskQueuePrefix), times: economy.batchTimes };
}

function run({ resources, logger, ending }: ProcessParts, name: string, worker: Worker): void {
  let isClosing = false;
  // Whoever asks an ending process again has it end at once.
  const isEnding = () => isClosing || ending.aborted;
  const stoppedByItself = (error?: unknown) => {
    logger.fatal({ err: error }, `${name} has stopped by itself`);
    // Without its worker the process would look alive and do nothing: end in order, and say that it failed.
    process.exitCode = 1;
    if (!isEnding()) process.kill(process.pid, 'SIGTERM');
  };
  const running = worker.run().then(() => {
    if (!isEnding()) stoppedByItself();
  }, stoppedByItself);
  resources.add(name, async () => {
    isClosing = true;
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await running;
  });
}
