import { pendingMigrations } from '../../backends/postgres/migrate.js';
import { connectServer } from '../../backends/postgres/open-sql.js';
import { buildFindings } from '../../compose/build-findings.js';
import { exitWhenUnread } from '../../compose/end-request.js';
import { readManifest } from '../../compose/manifest.js';
import { moveRuns, otherBuilds } from '../../compose/move-runs.js';
import { elsewhereCluster } from '../../compose/open-cluster.js';
import { ownBuild, refuseOtherWorkflows, type OwnBuild } from '../../compose/own-build.js';
import { replayRunning, silenceReplays, type ReplayOptions } from '../../compose/replay-running.js';
import { runProcess, type ProcessParts } from '../../compose/run-process.js';
import { workflowBundle } from '../../compose/workflow-code.js';
import { CircuitBreakerError } from '../../core/errors.js';
import { visibleJson } from '../../core/json/visible-text.js';
import { connectClient } from '../../temporal/connect.js';
import { WITHOUT_BUILD } from '../../temporal/running-workflows.js';
import { WorkerBuilds } from '../../temporal/worker-builds.js';
import type { CommandRequest } from '../command.js';
import { NOT_WELL } from '../../compose/exit-codes.js';
import { sayNowAndThen } from '../progress.js';
import { sayMisuse } from '../say-fault.js';
import {
  hardOf,
  wordsOfCheck,
  wordsOfTakeover,
  type Checked,
  type StorageFinding,
  type Takeover,
} from '../operator/upgrade-words.js';

const USUAL = 200;
const MOST = 100_000;

/** Says whether this version can be started beside the one that runs, or has its build take over from others. */
export async function upgrade(request: CommandRequest): Promise<void> {
  exitWhenUnread();
  const refusal = refusalOf(request);
  if (refusal !== undefined) {
    sayMisuse('upgrade', refusal);
    return;
  }
  const { flags, options } = request;
  await runProcess(
    async (parts) => {
      const replays = silenceReplays();
      parts.resources.add('the replays', () => replays.close());
      const asked = await ask(parts);
      const most = Number(options['most'] ?? USUAL);
      const [result, lines, isWell] = flags.has('check')
        ? await check(parts, asked, most)
        : await takeOver(asked, flags);
      if (flags.has('json')) parts.say(visibleJson(result));
      else for (const line of lines) parts.say(line);
      if (!isWell) process.exitCode = NOT_WELL;
    },
    { isTask: true },
  );
}

function refusalOf({ flags, options }: CommandRequest): string | undefined {
  const most = Number(options['most'] ?? USUAL);
  const acts = flags.has('make-current') || flags.has('move');
  if (flags.has('check') === acts)
    return 'Say what to do: upgrade --check, or upgrade --make-current, --move, or both.';
  if (!acts && flags.has('dry-run'))
    return '--dry-run goes with --make-current and --move: --check changes nothing anyway.';
  if (acts && options['most'] !== undefined) return '--most goes with --check: nothing is moved that was not replayed.';
  if (!Number.isInteger(most) || most < 1 || most > MOST) return `--most must be a whole number from 1 to ${MOST}.`;
  return undefined;
}

type Result<Facts> = readonly [facts: Facts, lines: readonly string[], isWell: boolean];

interface Asked {
  readonly replay: Omit<ReplayOptions, 'most' | 'kinds'>;
  readonly version: string;
  /** Absent: workers have no build. */
  readonly deployment?: { readonly own: OwnBuild; readonly builds: WorkerBuilds };
}

async function ask(parts: ProcessParts): Promise<Asked> {
  const { config, logger, resources } = parts;
  const cluster = elsewhereCluster(parts);
  const { client } = await resources.open(
    'Temporal',
    () => connectClient(cluster),
    ({ connection }) => connection.close(),
  );
  const bundle = await workflowBundle(logger);
  const { version } = await readManifest();
  const { taskQueuePrefix, temporal } = config;
  const replay = { client, bundle, taskQueuePrefix, payloadKeys: cluster.payloadKeys };
  if (temporal.deployment === undefined) return { replay, version };
  const [own, builds] = [
    await ownBuild(temporal.deployment, bundle),
    new WorkerBuilds(client, temporal.deployment.name),
  ];
  await refuseOtherWorkflows(builds, own);
  return { replay, version, deployment: { own, builds } };
}

async function check(
  parts: ProcessParts,
  { replay, version, deployment }: Asked,
  most: number,
): Promise<Result<Checked>> {
  const storage = await lookAtStorage(parts);
  const without = { ...(deployment === undefined ? {} : { which: WITHOUT_BUILD }) };
  const kinds = [
    ...(await replayRunning({ ...replay, ...without, most })),
    ...(await replayRunning({ ...replay, kinds: ['batches'], most })),
  ];
  const canGoOver = kinds.every(({ broken }) => broken.length === 0) && hardOf(storage).length === 0;
  const found = { version, canGoOver, storage, kinds };
  if (deployment === undefined) return [found, wordsOfCheck(found), canGoOver];
  const { own, builds } = deployment;
  const which = otherBuilds(builds, own.buildId);
  const held = await replayRunning({ ...replay, which, most });
  const all = await buildFindings(replay.client, builds, replay.taskQueuePrefix);
  const checked = { ...found, deployment: { name: own.deploymentName, own: own.buildId, builds: all, kinds: held } };
  const isWell = canGoOver && all.every(({ answers }) => answers !== false);
  return [checked, wordsOfCheck(checked), isWell];
}

async function lookAtStorage({ config, logger, resources }: ProcessParts): Promise<StorageFinding> {
  if (!config.storageUrl.startsWith('postgres')) return { type: 'folder' };
  const connect = () => connectServer(config.storageUrl, { logger });
  const sql = await resources.open('storage', connect, (opened) => opened.close());
  const { isNew, pending } = await pendingMigrations(sql);
  return isNew ? { type: 'new' } : { type: 'migrations', pending };
}

async function takeOver({ replay, deployment }: Asked, flags: ReadonlySet<string>): Promise<Result<Takeover>> {
  if (deployment === undefined) throw withoutDeployment();
  const { own, builds } = deployment;
  const { buildId } = own;
  const routing = await builds.routing();
  if (routing?.builds.includes(buildId) !== true) throw unknownBuild(buildId);
  const isDryRun = flags.has('dry-run');
  const wasCurrent = routing.current === buildId;
  if (!wasCurrent && !flags.has('make-current')) throw notCurrent(buildId);
  const goOver = async () => [
    ...(await replayRunning({ ...replay, which: WITHOUT_BUILD })),
    ...(await replayRunning({ ...replay, kinds: ['batches'] })),
  ];
  const kinds = wasCurrent ? [] : await goOver();
  const done = { buildId, isDryRun, wasCurrent, broken: kinds.flatMap(({ broken }) => broken) };
  if (done.broken.length > 0) return [done, wordsOfTakeover(done), false];
  if (!wasCurrent && !isDryRun) await builds.makeCurrent(buildId, routing);
  if (!flags.has('move')) return [done, wordsOfTakeover(done), true];
  const onProgress = sayNowAndThen((looked) => `${looked} tokens and executions replayed so far`);
  const moved = await moveRuns({ ...replay, builds, buildId, isDryRun, onProgress });
  const taken = { ...done, moved };
  return [taken, wordsOfTakeover(taken), moved.every(({ broken }) => broken.length === 0)];
}

function withoutDeployment(): CircuitBreakerError {
  const message =
    'TEMPORAL_DEPLOYMENT_NAME is not set: workers have no build here, and none can take over from another. Set it as the workers have it.';
  return new CircuitBreakerError('VALIDATION_FAILED', message);
}

function unknownBuild(buildId: string): CircuitBreakerError {
  const message = `No worker of build "${buildId}", which is that of this program, has polled yet. Start one first, beside those that run.`;
  return new CircuitBreakerError('UNAVAILABLE', message);
}

function notCurrent(buildId: string): CircuitBreakerError {
  const message = `Build "${buildId}" is not current: what begins would go to another one. Give --make-current as well.`;
  return new CircuitBreakerError('VALIDATION_FAILED', message);
}
