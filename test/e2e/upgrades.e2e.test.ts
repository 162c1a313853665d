import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createAgent, createToken, createWorkflow, execution, fire } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { newSetting, type Setting } from '../support/everything.js';
import { createTestDatabase, onDatabase, type TestDatabase } from '../support/postgres.js';
import { REFUND_MODULE } from '../support/recorded-installation.js';
import { runCommand } from '../support/run-command.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';

const KEYS = `one:${Buffer.alloc(32, 7).toString('base64')}`;
const PREFIX = 'upgraded';
const { COMMAND_TYPE_START_TIMER } = proto.temporal.api.enums.v1.CommandType;

describe('circuit-breaker upgrade --check', () => {
  let temporal: TestTemporalServer;
  let database: TestDatabase;
  let setting: Setting;
  let client: Client;
  let tools: string;

  beforeAll(async () => {
    tools = await mkdtemp(join(tmpdir(), 'circuit-breaker-upgrades-'));
    await writeFile(join(tools, 'refund.mjs'), REFUND_MODULE);
    [temporal, database] = await Promise.all([startTemporalServer(), createTestDatabase()]);
    client = new Client({ connection: await Connection.connect({ address: temporal.address }) });
    setting = await newSetting({
      TEMPORAL_ADDRESS: temporal.address,
      STORAGE_URL: database.url,
      TASK_QUEUE_PREFIX: PREFIX,
      PAYLOAD_ENCRYPTION_KEYS: KEYS,
      TOOLS_DIR: tools,
    });
    const processes = (['worker', 'api'] as const).map((name) => SpawnedProcess.start(name, setting.environment));
    await Promise.all(processes.map((one) => one.untilReady()));
    await begin(setting.address);
    await Promise.all(processes.map((one) => one.stop()));
  });

  afterAll(async () => {
    await client.connection.close();
    await temporal.stop();
    await database.drop();
    await setting.remove();
    await rm(tools, { recursive: true, force: true });
  });

  /** Tokens that wait, for somebody and for an approval. */
  async function begin(address: string): Promise<void> {
    const responses = [{ toolCalls: [{ name: 'refund', arguments: { amount: 7 } }] }, 'Settled.'];
    await createAgent(address, {
      ...{ id: 'refunder', name: 'Refunder', tools: ['refund'] },
      llmProvider: { type: 'mock', model: 'mock-1', options: { delayMs: 0, responses } },
      prompts: { system: 'You refund.', userTemplate: '{input_data}' },
    });
    await createWorkflow(address, {
      ...{ id: 'tickets', name: 'Tickets', places: ['open', 'closed'], initialPlace: 'open' },
      transitions: [{ id: 'refund', fromPlaces: ['open'], toPlace: 'closed', agentExecution: { agentId: 'refunder' } }],
    });
    for (const id of ['ticket-1', 'ticket-2']) await createToken(address, { id, workflowId: 'tickets', data: {} });
    const executionId = await fire(address, { tokenId: 'ticket-1', transitionId: 'refund' });
    await eventually(async () => {
      expect((await execution(address, executionId)).status).toBe('WAITING_FOR_APPROVAL');
    });
  }

  const check = (...more: string[]) => runCommand(['upgrade', '--check', ...more], { env: setting.environment });

  it('replays what runs, with the keys of the workers, and says that all can go over', async () => {
    expect(await check()).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        'tokens: 2 running, 2 replayed, all can go over.',
        'executions: 1 running, 1 replayed, all can go over.',
        'storage: no migration is missing.',
        'Version 0.1.0 can be started beside what runs.\n',
      ].join('\n'),
    });
    expect((await check('--most', '1')).stdout).toContain(
      'tokens: 2 running, 1 replayed, all can go over. The others are older: --most 2 looks at them, too.',
    );
  });

  it('says what cannot be read without the key that it was encrypted with', async () => {
    const { PAYLOAD_ENCRYPTION_KEYS: _, ...none } = setting.environment;
    const other = { ...none, PAYLOAD_ENCRYPTION_KEYS: `two:${Buffer.alloc(32, 8).toString('base64')}` };
    for (const env of [other, none]) {
      const { code, stdout } = await runCommand(['upgrade', '--check'], { env });
      expect(stdout).toMatch(
        /ticket-1 .*: it is encrypted with a key that PAYLOAD_ENCRYPTION_KEYS does not have here\n/,
      );
      expect(code).toBe(1);
    }
  });

  it('lists migrations that are missing, names one that no older process lives with, and refuses a newer database', async () => {
    const table = 'circuit_breaker_migrations';
    await onDatabase(database.url, `delete from ${table} where tag >= '0012'`);
    const { code, stdout } = await check();
    expect(stdout).toContain('storage: the first process of this version applies 0012_agents_home, 0013_deletions');
    expect(code).toBe(0);
    await onDatabase(database.url, `delete from ${table} where tag >= '0010'`);
    const hard = await check();
    expect(hard.stdout).toContain('  0010_servers_of_workers needs every process of an older version stopped: DELETE');
    expect(hard.code).toBe(1);
    await onDatabase(database.url, `insert into ${table} (tag, hash) values ('9999_tomorrow', 'x')`);
    expect(await check()).toMatchObject({ code: 2, stderr: expect.stringContaining('a newer version') as string });
    await onDatabase(database.url, `delete from ${table}`);
  });

  it('names a run that these workflows would have lived otherwise', async () => {
    await client.workflow.start('tokenLifecycle', {
      ...{ taskQueue: PREFIX, workflowId: 'of-another-version' },
      args: [{ workflowId: 'tickets', data: {} }],
    });
    await startTimerInstead();
    const { code, stdout } = await check('--json');
    const [tokens] = (JSON.parse(stdout) as { kinds: readonly object[] }).kinds;
    expect(tokens).toMatchObject({
      ...{ kind: 'tokens', running: 3, replayed: 3 },
      broken: [{ id: 'of-another-version', reason: expect.stringMatching(/nondeterminism/i) as string }],
    });
    expect(code).toBe(1);
  });

  /** Takes the task of a workflow as another version's code would have. */
  async function startTimerInstead(): Promise<void> {
    const service = client.workflowService;
    const asking = { namespace: 'default', identity: 'another version' };
    for (let isTaken = false; !isTaken;) {
      const polling = { ...asking, taskQueue: { name: PREFIX } };
      const { taskToken, workflowExecution } = await client.connection.withDeadline(Date.now() + 60_000, () =>
        service.pollWorkflowTaskQueue(polling),
      );
      isTaken = workflowExecution?.workflowId === 'of-another-version';
      if (!isTaken) continue;
      const startTimerCommandAttributes = { timerId: '1', startToFireTimeout: { seconds: 86_400 as never } };
      const commands = [{ commandType: COMMAND_TYPE_START_TIMER, startTimerCommandAttributes }];
      await service.respondWorkflowTaskCompleted({ ...asking, taskToken, commands });
    }
  }

  it('is explained where it was called wrongly', async () => {
    const [without, much] = await Promise.all([runCommand(['upgrade']), check('--most', 'all')]);
    expect(without).toMatchObject({ code: 2, stderr: expect.stringContaining('upgrade --check, or') as string });
    expect(much).toMatchObject({ code: 2, stderr: expect.stringContaining('--most must be a whole number') as string });
  });
});
