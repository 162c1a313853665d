/**
 * Records an installation of an earlier release, which the present one is started on in a test:
 *
 *     npm run record-installation -- COMMIT
 *
 * Checks the release out, installs and builds it in a folder of its own, has it do a bit of everything, kills it in the middle and packs
 * its data folder. Takes minutes.
 */
import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { createAgent, createToken, createWorkflow, execution, fire, graphql, settledToken } from './api-client.js';
import { newSetting, type Setting } from './everything.js';
import { startHeldProse, type HeldProse } from './held-prose.js';
import { prepareWriting, write, type WritingIds } from './installation.js';
import {
  APPROVAL_SECONDS,
  MINUTES_SECONDS,
  packInstallation,
  RECORDED,
  REFUND_MODULE,
} from './recorded-installation.js';
import { SpawnedProcess } from './spawned-process.js';
import { StreamViewer } from './stream-viewer.js';

/** As long as may be: what is in the middle of an answer is to be so whenever the archive is opened. */
const LONGEST_SECONDS = '86400';
const YEAR_SECONDS = 366 * 86_400;

const [commit] = process.argv.slice(2);
if (commit === undefined) throw new Error('Name the commit of the release: npm run record-installation -- COMMIT');
const folder = await mkdtemp(join(tmpdir(), 'recorded-'));
const [release, tools] = [join(folder, 'release'), join(folder, 'tools')];
const program = join(release, 'bin/circuit-breaker.js');
const prose = await startHeldProse(40);
try {
  run('git', ['worktree', 'add', '--detach', release, commit], process.cwd());
  run('npm', ['ci', '--no-audit', '--no-fund'], release);
  await record(prose);
} finally {
  await prose.stop();
  run('git', ['worktree', 'remove', '--force', release], process.cwd());
  await rm(folder, { recursive: true, force: true });
}

async function record(provider: HeldProse): Promise<void> {
  run('mkdir', [tools], folder);
  await writeFile(join(tools, 'refund.mjs'), REFUND_MODULE);
  const setting = await newSetting({
    OPENAI_BASE_URL: provider.baseUrl,
    TOOLS_DIR: tools,
    EXECUTION_TIMEOUT_SECONDS: LONGEST_SECONDS,
  });
  const dataDir = setting.environment['DATA_DIR'] ?? '';
  const first = await start(setting);
  await prepare(setting.address);
  const ended = await write(setting.address, 'ended');
  await settledToken(setting.address, ended.tokenId);
  for (const number of [1, 2]) await ask(setting.address, `question-${number}`);
  await first.stop();

  const second = await start(setting);
  await begin(setting.address);
  provider.hold('middles', 12);
  const middle = await write(setting.address, 'middles');
  const viewer = await watchFor(setting.address, middle, 8);
  const { pid } = JSON.parse(await readFile(join(dataDir, 'temporal-server.json'), 'utf8')) as { pid: number };
  process.kill(pid, 'SIGKILL');
  await second.kill();
  viewer.leave();
  const recordedAt = new Date().toISOString();
  const auditEnd = await verifiedEnd(setting);
  await packInstallation(dataDir, { commit: commit ?? '', recordedAt, ended, middle, seen: viewer.events, auditEnd });
  await setting.remove();
}

async function start({ environment }: Setting): Promise<SpawnedProcess> {
  const started = SpawnedProcess.start('start', { ...environment }, { program });
  await started.untilReady();
  return started;
}

async function prepare(address: string): Promise<void> {
  await prepareWriting(address);
  const mock = (responses: readonly unknown[]) => ({
    llmProvider: { type: 'mock', model: 'mock-1', options: { delayMs: 0, responses } },
    prompts: { system: 'You are brief.', userTemplate: '{input_data}' },
  });
  const refund = { toolCalls: [{ name: 'refund', arguments: { amount: 7 } }], text: 'I ask first.' };
  await createAgent(address, { id: 'brief', name: 'Brief', ...mock(['Well.']) });
  await createAgent(address, {
    ...{ id: 'refunder', name: 'Refunder', ...mock([refund, 'Settled.']) },
    ...{ tools: ['refund'], approvalTimeoutSeconds: APPROVAL_SECONDS },
  });
  await createWorkflow(address, {
    id: 'tickets',
    name: 'Tickets',
    places: ['open', 'closed'],
    initialPlace: 'open',
    transitions: [
      { id: 'close', fromPlaces: ['open'], toPlace: 'closed' },
      {
        id: 'refund',
        fromPlaces: ['open'],
        toPlace: 'closed',
        agentExecution: { agentId: 'refunder', outputMapping: { 'data.said': 'response' } },
      },
    ],
  });
  for (const [id, initialDelaySeconds] of [
    ['minutes', MINUTES_SECONDS],
    ['year', YEAR_SECONDS],
  ] as const) {
    await createWorkflow(address, {
      id,
      name: id,
      places: ['asleep', 'awake'],
      initialPlace: 'asleep',
      transitions: [{ id: 'wake', fromPlaces: ['asleep'], toPlace: 'awake' }],
      placeAgents: [
        {
          id: `waker-${id}`,
          placeId: 'asleep',
          agentId: 'brief',
          autoTransition: 'wake',
          outputMapping: { 'data.said': 'response' },
          schedule: { initialDelaySeconds },
        },
      ],
    });
  }
}

/** One more turn of the conversation, to its end. */
async function ask(address: string, id: string): Promise<void> {
  const input = { id, agentId: 'brief', input: id, conversationId: RECORDED.conversation };
  await graphql(address, 'mutation ($input: ExecuteAgentInput!) { executeAgent(input: $input) { id } }', { input });
  await until(async () => (await execution(address, id)).status === 'COMPLETED');
}

/** What waits: for somebody, for its time, for an approval. */
async function begin(address: string): Promise<void> {
  const { waitsForSomebody, waitsForMinutes, waitsForAYear, waitsForApproval } = RECORDED;
  await createToken(address, { id: waitsForSomebody, workflowId: 'tickets', data: { n: 1 } });
  await createToken(address, { id: waitsForMinutes, workflowId: 'minutes', data: {} });
  await createToken(address, { id: waitsForAYear, workflowId: 'year', data: {} });
  await createToken(address, { id: waitsForApproval, workflowId: 'tickets', data: {} });
  const executionId = await fire(address, { tokenId: waitsForApproval, transitionId: 'refund' });
  await until(async () => (await execution(address, executionId)).status === 'WAITING_FOR_APPROVAL');
}

async function watchFor(address: string, { executionId }: WritingIds, chunks: number): Promise<StreamViewer> {
  const viewer = new StreamViewer();
  void viewer.watch(address, executionId);
  await viewer.sawChunks(chunks);
  return viewer;
}

/** What the release itself says of its audit, in a copy: the folder stays as it was left. */
async function verifiedEnd({ environment }: Setting): Promise<string> {
  const copy = join(folder, 'copy');
  await cp(join(environment['DATA_DIR'] ?? '', 'storage'), join(copy, 'storage'), { recursive: true });
  const verifying = SpawnedProcess.start('audit', { ...environment, DATA_DIR: copy }, { program, args: ['verify'] });
  await verifying.exit();
  const [, end] = /It ends with (\d+:[0-9a-f]{64})/.exec(verifying.output) ?? [];
  if (end === undefined) throw new Error(`its audit is not whole: ${verifying.output}`);
  return end;
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await delay(50);
}

function run(command: string, args: readonly string[], cwd: string): void {
  execFileSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
}
