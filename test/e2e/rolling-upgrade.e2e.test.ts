import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { batchSignals } from '../../src/temporal/batch-signals.js';
import { createAgent, createToken, createWorkflow, fire, graphql, settledToken } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { newSetting, type Setting } from '../support/everything.js';
import { freePort } from '../support/free-port.js';
import { expectWhole, prepareWriting, Surroundings, write, type WritingIds } from '../support/installation.js';
import { otherBuild, type OtherBuild } from '../support/other-build.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { REFUND_MODULE } from '../support/recorded-installation.js';
import { runCommand } from '../support/run-command.js';
import { PROGRAM, SpawnedProcess } from '../support/spawned-process.js';
import { StreamViewer } from '../support/stream-viewer.js';

/** The agent of a place is asked then: once the other build has taken over, where the machine is quick. */
const ALARM_SECONDS = 40;

/** Gathers for longer than this takes: it goes on only when somebody joins. */
const BATCHES = {
  groupId: 'group',
  provider: { type: 'openai', model: 'gpt-4o-mini', headers: {}, options: {} },
  ...{ windowSeconds: 3600, pollSeconds: 60 },
} as const;
const COLLECTOR = 'circuit-breaker/batches/group';

interface Findings {
  readonly canGoOver: boolean;
  readonly deployment: {
    readonly own: string;
    readonly builds: readonly { buildId: string; isCurrent: boolean; tokens: number; answers?: boolean }[];
  };
}

describe('builds of workers side by side', { tags: ['build-replaced', 'on-postgres'] }, () => {
  let surroundings: Surroundings;
  let database: TestDatabase;
  let setting: Setting;
  let tools: string;
  let next: OtherBuild;
  let newAddress: string;
  let oldBuild: string;
  let newBuild: string;
  const processes: SpawnedProcess[] = [];
  let old: { readonly worker: SpawnedProcess; readonly api: SpawnedProcess };
  let renewed: { readonly worker: SpawnedProcess; readonly api: SpawnedProcess };
  let middle: WritingIds;
  let release: () => void;
  const viewer = new StreamViewer();

  beforeAll(async () => {
    tools = await mkdtemp(join(tmpdir(), 'circuit-breaker-rolling-'));
    await writeFile(join(tools, 'refund.mjs'), REFUND_MODULE);
    [surroundings, database, next] = await Promise.all([
      Surroundings.start({ chunks: 40 }),
      createTestDatabase(),
      otherBuild('guarded'),
    ]);
    setting = await newSetting({
      TEMPORAL_ADDRESS: surroundings.temporal.address,
      TEMPORAL_DEPLOYMENT_NAME: 'team',
      STORAGE_URL: database.url,
      OPENAI_BASE_URL: surroundings.prose.baseUrl,
      TOOLS_DIR: tools,
      LOG_LEVEL: 'info',
    });
    newAddress = `http://127.0.0.1:${await freePort()}`;
    const [worker, api] = await Promise.all([start('worker', PROGRAM), start('api', PROGRAM)]);
    old = { worker, api };
    await prepareWriting(setting.address);
    await prepare(setting.address);
  });

  afterAll(async () => {
    await Promise.all(processes.map((one) => one.kill()));
    await surroundings.stop();
    await database.drop();
    await Promise.all([setting.remove(), next.remove(), rm(tools, { recursive: true, force: true })]);
  });

  async function start(command: 'worker' | 'api', program: string, address = setting.address): Promise<SpawnedProcess> {
    const environment = { ...setting.environment, PORT: new URL(address).port };
    const started = await SpawnedProcess.ready(command, environment, { program });
    processes.push(started);
    return started;
  }

  async function prepare(address: string): Promise<void> {
    const mock = (responses: readonly unknown[]) => ({
      llmProvider: { type: 'mock', model: 'mock-1', options: { delayMs: 0, responses } },
      prompts: { system: 'You are brief.', userTemplate: '{input_data}' },
    });
    const refund = { toolCalls: [{ name: 'refund', arguments: { amount: 7 } }] };
    await createAgent(address, { id: 'brief', name: 'Brief', ...mock(['Well.']) });
    await createAgent(address, { id: 'refunder', name: 'Refunder', ...mock([refund, 'Settled.']), tools: ['refund'] });
    await createWorkflow(address, {
      ...{ id: 'tickets', name: 'Tickets', places: ['open', 'closed'], initialPlace: 'open' },
      transitions: [
        { id: 'close', fromPlaces: ['open'], toPlace: 'closed' },
        { id: 'refund', fromPlaces: ['open'], toPlace: 'closed', agentExecution: { agentId: 'refunder' } },
      ],
    });
    await createWorkflow(address, {
      ...{ id: 'alarms', name: 'Alarms', places: ['asleep', 'awake'], initialPlace: 'asleep' },
      transitions: [{ id: 'wake', fromPlaces: ['asleep'], toPlace: 'awake' }],
      placeAgents: [
        {
          ...{ id: 'waker', placeId: 'asleep', agentId: 'brief', autoTransition: 'wake' },
          schedule: { initialDelaySeconds: ALARM_SECONDS },
        },
      ],
    });
  }

  const command = (program: string, ...args: string[]) => runCommand(args, { env: setting.environment, program });

  async function check(program: string): Promise<Findings & { readonly code: number | null }> {
    const { code, stdout, stderr } = await command(program, 'upgrade', '--check', '--json');
    expect(stderr).toBe('');
    return { ...(JSON.parse(stdout) as Findings), code };
  }

  /** The build that a token is held by. */
  async function holderOf(workflowId: string): Promise<string | undefined> {
    const { workflowService } = surroundings.client;
    const described = await workflowService.describeWorkflowExecution({
      namespace: 'default',
      execution: { workflowId },
    });
    const { versioningOverride, deploymentVersion } = described.workflowExecutionInfo?.versioningInfo ?? {};
    return versioningOverride?.pinned?.version?.buildId ?? deploymentVersion?.buildId ?? undefined;
  }

  const joinBatch = () => batchSignals(surroundings.client, 'circuit-breaker').collect(BATCHES);

  const approvals = async (address: string) =>
    (
      await graphql<{ approvals: { nodes: readonly { executionId: string; toolCallId: string }[] } }>(
        address,
        '{ approvals { nodes { executionId toolCallId } } }',
      )
    ).approvals.nodes;

  it('begins on the first build, which is current by itself', async () => {
    const { address } = setting;
    for (const id of ['waits-1', 'waits-2', 'waits-3', 'approval'])
      await createToken(address, { id, workflowId: 'tickets', data: {} });
    await createToken(address, { id: 'alarm', workflowId: 'alarms', data: {} });
    await fire(address, { tokenId: 'approval', transitionId: 'refund' });
    await joinBatch();
    release = surroundings.prose.hold('middles', 12);
    middle = await write(address, 'middles');
    void viewer.watch(address, middle.executionId);
    await viewer.sawChunks(8);
    await eventually(async () => {
      expect(await approvals(address)).toHaveLength(1);
    });
    const found = await check(PROGRAM);
    oldBuild = found.deployment.own;
    expect(await holderOf(COLLECTOR)).toBe(oldBuild);
    expect(found).toMatchObject({
      ...{ code: 0, canGoOver: true },
      deployment: { builds: [{ buildId: oldBuild, isCurrent: true, executions: 2, answers: true }] },
    });
  });

  it('leaves tokens with their build while another one is there, until it takes over what it repeats', async () => {
    const [worker, api] = await Promise.all([start('worker', next.program), start('api', next.program, newAddress)]);
    renewed = { worker, api };
    expect(worker.output).toContain(`What begins goes to build ${oldBuild}`);
    const dry = await command(next.program, 'upgrade', '--make-current', '--move', '--dry-run');
    expect(dry).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/tokens: [56] would be moved\.\nexecutions: 2 would/) as string,
    });
    await createToken(newAddress, { id: 'began-on-old', workflowId: 'tickets', data: {} });
    // It is recorded before Temporal hears of its first task's end, and of its build with that.
    await eventually(async () => {
      expect(await holderOf('began-on-old')).toBe(oldBuild);
    });

    const taken = await command(next.program, 'upgrade', '--make-current', '--move');
    expect(taken).toMatchObject({
      ...{ code: 0, stderr: '' },
      stdout: expect.stringMatching(/tokens: [67] moved\.\nexecutions: 2 moved\./) as string,
    });
    const found = await check(next.program);
    newBuild = found.deployment.own;
    expect(newBuild).not.toBe(oldBuild);
    expect(found.deployment.builds).toMatchObject([
      { buildId: newBuild, isCurrent: true, executions: 2, answers: true },
      { buildId: oldBuild, isCurrent: false, tokens: 0, executions: 0 },
    ]);
    // Two processes and four commands, each of which looks through what is there.
  }, 180_000);

  it('ends everything on the new build, once, when the old worker and then the old API are stopped', async () => {
    expect(await old.worker.stop(), old.worker.output).toBe(0);
    await createToken(newAddress, { id: 'began-on-new', workflowId: 'tickets', data: {} });
    await fire(newAddress, { tokenId: 'waits-1', transitionId: 'close' });
    await joinBatch();
    await eventually(async () => {
      expect(await holderOf(COLLECTOR), 'batches are held by no build').toBe(newBuild);
    });
    expect(await old.api.stop(), old.api.output).toBe(0);
    const late = new StreamViewer();
    const watched = [viewer, late].map((one) => one.watch(newAddress, middle.executionId));
    release();
    for (const call of await approvals(newAddress)) {
      const approve = `mutation ($executionId: String!, $toolCallId: String!) {
        approveToolCall(executionId: $executionId, toolCallId: $toolCallId) { id }
      }`;
      await graphql(newAddress, approve, call);
    }
    expect(await Promise.all(watched)).toEqual([1000, 1000]);
    await expectWhole(newAddress, middle, [viewer, late]);
    for (const [id, transition] of [
      ['waits-1', 'close'],
      ['approval', 'refund'],
      ['alarm', 'wake'],
    ]) {
      // Where the machine is quick, it is not time for the alarm yet.
      await eventually(async () => {
        const ended = await settledToken(newAddress, id ?? '');
        expect(ended).toMatchObject({ status: 'COMPLETED', history: [{ transition }] });
      });
    }
    expect(await readFile(join(tools, 'effects.txt'), 'utf8')).toBe('7\n');
    expect(await holderOf('began-on-new')).toBe(newBuild);
  });

  describe('when the old build comes back and the new one is gone', { tags: ['build-gone', 'on-postgres'] }, () => {
    const close = (address: string, tokenId: string) => fire(address, { tokenId, transitionId: 'close' });

    it('takes back what the old one repeats, and leaves the rest where it is', async () => {
      const [worker, api] = await Promise.all([start('worker', PROGRAM), start('api', PROGRAM)]);
      old = { worker, api };
      const { code, stdout } = await command(PROGRAM, 'upgrade', '--make-current', '--move');
      expect(stdout).toMatch(/tokens: 3 moved, 1 stays where it is\.\n {2}began-on-new .*[Nn]ondeterminism/);
      expect(code).toBe(1);
      await renewed.worker.stop();
      await renewed.api.stop();
      await close(setting.address, 'waits-2');
      expect(await settledToken(setting.address, 'waits-2')).toMatchObject({ status: 'COMPLETED' });
    });

    it('names the build that nobody answers for, to whoever asks for its tokens, and in upgrade --check and doctor', async () => {
      const refused = expect(close(setting.address, 'began-on-new')).rejects.toThrow(`held by build \\"${newBuild}`);
      const [found, doctor] = await Promise.all([check(PROGRAM), command(PROGRAM, 'doctor')]);
      expect(found.deployment.builds).toContainEqual({
        ...{ buildId: newBuild, isCurrent: false, tokens: 1, executions: 0, answers: false },
      });
      expect(found.code).toBe(1);
      expect(doctor.stdout).toContain(`build ${newBuild} has 1 running token and no worker that answers`);
      await refused;
    });

    it('has lost nothing: a worker of that build goes on with it', async () => {
      await start('worker', next.program);
      for (const id of ['began-on-new', 'began-on-old', 'waits-3']) {
        // The fire that nobody answered may have been taken now.
        await eventually(async () => {
          await close(setting.address, id).catch(() => undefined);
          expect(await settledToken(setting.address, id)).toMatchObject({
            status: 'COMPLETED',
            history: [{ transition: 'close' }],
          });
        });
      }
    });
  });
});
