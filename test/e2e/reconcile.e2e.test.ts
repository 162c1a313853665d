import { cp, rm } from 'node:fs/promises';

import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  createAgent,
  createToken,
  createWorkflow,
  execution,
  fire,
  graphql,
  settledToken,
} from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { newSetting, type Setting } from '../support/everything.js';
import { FIELD_USES } from '../support/field-uses.js';
import { restoreSnapshot, takeSnapshot } from '../support/postgres-snapshot.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { runCommand } from '../support/run-command.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { StreamViewer } from '../support/stream-viewer.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';

const AGREE = /^\d+ tokens? and \d+ executions? compared: storage and Temporal agree\.\n$/;

describe('circuit-breaker reconcile', { tags: 'on-postgres' }, () => {
  let temporal: TestTemporalServer;
  let database: TestDatabase;
  let setting: Setting;
  let client: Client;
  let worker: SpawnedProcess;
  let api: SpawnedProcess;

  beforeAll(async () => {
    [temporal, database] = await Promise.all([startTemporalServer({ deletesAtOnce: true }), createTestDatabase()]);
    client = new Client({ connection: await Connection.connect({ address: temporal.address }) });
    setting = await newSetting({
      TEMPORAL_ADDRESS: temporal.address,
      STORAGE_URL: database.url,
      // No sweep does meanwhile what is to be said.
      CLEANUP_INTERVAL_SECONDS: '3600',
    });
    [worker, api] = [
      SpawnedProcess.start('worker', setting.environment),
      SpawnedProcess.start('api', setting.environment),
    ];
    await Promise.all([worker.untilReady(), api.untilReady()]);
    await createAgent(setting.address, {
      ...{ id: 'writer', name: 'Writer' },
      llmProvider: { type: 'mock', model: 'mock-1', options: { delayMs: 0, responses: ['Waves.'] } },
      prompts: { system: 'You write.', userTemplate: '{input_data}' },
    });
    await createWorkflow(setting.address, {
      ...{ id: 'writing', name: 'Writing', places: ['asked', 'read', 'written'], initialPlace: 'asked' },
      transitions: [
        { id: 'skim', fromPlaces: ['asked'], toPlace: 'read' },
        {
          ...{ id: 'write', fromPlaces: ['asked', 'read'], toPlace: 'written' },
          agentExecution: { agentId: 'writer', outputMapping: { 'data.text': 'response' } },
        },
      ],
    });
    for (const id of ['waits', 'ends', 'goes']) await create(id);
    await write('ends');
  });

  afterAll(async () => {
    await Promise.all([worker.kill(), api.kill()]);
    await client.connection.close();
    await temporal.stop();
    await database.drop();
    await setting.remove();
  });

  const create = (id: string) => createToken(setting.address, { id, workflowId: 'writing', data: {} });
  const token = (id: string) => settledToken(setting.address, id);
  const reconcile = (words: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    runCommand(['reconcile', ...words], { env: { ...setting.environment, ...env } });
  const lines = (stdout: string) => stdout.split('\n').filter((line) => /^(?:token|execution) /.test(line));

  async function write(tokenId: string): Promise<string> {
    const executionId = await fire(setting.address, { tokenId, transitionId: 'write' });
    await eventually(async () => {
      expect(await token(tokenId)).toMatchObject({ status: 'COMPLETED', data: { text: 'Waves.' } });
      expect((await client.workflow.getHandle(tokenId).describe()).status.name).toBe('COMPLETED');
    });
    return executionId;
  }

  async function forget(workflowId: string): Promise<void> {
    const { namespace } = client.options;
    await client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId } });
    await eventually(() => expect(client.workflow.getHandle(workflowId).describe()).rejects.toThrow());
  }

  it('says nothing where both are right', async () => {
    expect(await reconcile(['--dry-run'])).toEqual({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(AGREE) as string,
    });
  });

  it(
    'names a token whose history is gone, and ends it only when that is asked for; one that had ended needs none',
    { tags: 'temporal-forgot' },
    async () => {
      await forget('ends');
      await forget('waits');
      const dry = await reconcile(['--dry-run']);
      expect(lines(dry.stdout)).toEqual([
        'token waits of writing: HISTORY_GONE; storage: ACTIVE in asked, version 1; Temporal: not there; would make TERMINATED the token',
      ]);
      expect(dry.code).toBe(1);
      expect(await token('waits')).toMatchObject({ status: 'ACTIVE' });
      const done = await reconcile(['--json']);
      expect(
        done.stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as object),
      ).toEqual([
        {
          ...{ type: 'token', id: 'waits', workflowId: 'writing', disagreement: 'HISTORY_GONE' },
          ...{ storage: 'ACTIVE in asked, version 1', temporal: 'not there', remedy: 'terminate', outcome: 'done' },
        },
        {
          ...{ type: 'summary', isDryRun: false, tokens: 2, executions: 1, disagreements: 1, done: 1, failed: 0 },
          refused: null,
        },
      ]);
      expect(done.code).toBe(0);
      expect(await token('waits')).toMatchObject({ status: 'TERMINATED' });
      expect(await token('ends')).toMatchObject({ status: 'COMPLETED', data: { text: 'Waves.' } });
    },
  );

  it(
    'a token whose history is gone is answered from storage by every field and door, and what would change it is refused as closed',
    { tags: 'temporal-forgot' },
    async () => {
      const { tokenExecutions } = await graphql<{ tokenExecutions: readonly { readonly id: string }[] }>(
        setting.address,
        '{ tokenExecutions(tokenId: "ends") { id } }',
      );
      const executionId = tokenExecutions[0]?.id ?? '';
      await forget(executionId);
      for (const [tokenId, refused] of [
        ['ends', 'TOKEN_CLOSED'],
        ['waits', 'TOKEN_CLOSED'],
      ] as const) {
        const codes = new Map<string, string>();
        for (const [field, use] of Object.entries(FIELD_USES)) {
          const isOfThem = /"[te]"/.test(use) && !use.startsWith('subscription');
          if (isOfThem)
            codes.set(field, await codeOf(use.replaceAll('"t"', `"${tokenId}"`).replaceAll('"e"', `"${executionId}"`)));
        }
        expect(Object.fromEntries(codes)).toEqual({
          ...{
            agentExecution: 'ok',
            availableTransitions: 'ok',
            token: 'ok',
            tokenEvents: 'ok',
            tokenExecutions: 'ok',
          },
          ...{
            approveToolCall: 'NOT_FOUND',
            rejectToolCall: 'NOT_FOUND',
            cancelAgentExecution: 'ok',
            createStreamTicket: 'ok',
          },
          ...{
            cancelToken: refused,
            fireTransition: refused,
            retryToken: refused,
            triggerPlaceAgents: refused,
            updateToken: refused,
          },
        });
      }
      const viewer = new StreamViewer();
      await viewer.watch(setting.address, executionId);
      expect(viewer.text).toBe('Waves.');
      expect(await token('ends')).toMatchObject({ status: 'COMPLETED', place: 'written', data: { text: 'Waves.' } });
      expect(await execution(setting.address, executionId)).toMatchObject({
        status: 'COMPLETED',
        finalResponse: 'Waves.',
      });
      const migrate = 'mutation { migrateTokens(workflowId: "writing", fromVersion: 1, toVersion: 2) { migrated } }';
      expect(await codeOf(migrate)).toBe('NOT_FOUND');
      expect(await codeOf('mutation { deleteToken(id: "ends") }')).toBe('ok');
      expect(await codeOf('{ token(id: "ends") { id } }')).toBe('ok');
    },
  );

  /** `ok`, or the code of the refusal. */
  async function codeOf(query: string): Promise<string> {
    const response = await fetch(`${setting.address}/graphql`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ query }),
    });
    const { errors } = (await response.json()) as {
      errors?: readonly { readonly extensions?: { readonly code?: string } }[];
    };
    return errors === undefined ? 'ok' : (errors[0]?.extensions?.code ?? 'none');
  }

  it(
    'takes from Temporal what a database of yesterday has not, token by token and answer by answer',
    { tags: 'restored-older' },
    async () => {
      await create('moves');
      await takeSnapshot(database.url);
      await create('later');
      await fire(setting.address, { tokenId: 'moves', transitionId: 'skim' });
      const executionId = await write('goes');
      await restoreSnapshot(database.url);
      const dry = await reconcile(['--dry-run']);
      const said = [
        `execution ${executionId} of writing: ANSWER_LOST; storage: not there; Temporal: COMPLETED;`,
        'token goes of writing: BEHIND_IN_STORAGE; storage: ACTIVE in asked, version 1; Temporal: COMPLETED in written, version 3;',
        'token later of writing: LOST_IN_STORAGE; storage: not there; Temporal: ACTIVE in asked, version 1;',
        'token moves of writing: BEHIND_IN_STORAGE; storage: ACTIVE in asked, version 1; Temporal: ACTIVE in read, version 2;',
      ];
      const named = lines(dry.stdout).toSorted();
      expect(named).toEqual(said.map((line) => expect.stringContaining(line) as string));
      expect(dry.code).toBe(1);
      expect(await token('goes')).toMatchObject({ status: 'ACTIVE', version: 1 });
      expect((await reconcile([])).code).toBe(0);
      expect(await token('goes')).toMatchObject({ status: 'COMPLETED', data: { text: 'Waves.' } });
      expect(await token('later')).toMatchObject({ status: 'ACTIVE', place: 'asked' });
      expect(await token('moves')).toMatchObject({ place: 'read' });
      expect(await execution(setting.address, executionId)).toMatchObject({
        status: 'COMPLETED',
        finalResponse: 'Waves.',
      });
    },
  );

  it(
    'names what a Temporal of yesterday has not, and leaves what storage has',
    { tags: 'restored-older' },
    async () => {
      temporal.kill();
      const yesterday = `${temporal.dataDir}-yesterday`;
      await cp(temporal.dataDir, yesterday, { recursive: true });
      await temporal.restart();
      await eventually(() => fire(setting.address, { tokenId: 'later', transitionId: 'skim' }));
      await create('newest');
      temporal.kill();
      // A worker remembers what Temporal has forgotten.
      await worker.kill();
      await rm(temporal.dataDir, { recursive: true });
      await cp(yesterday, temporal.dataDir, { recursive: true });
      await temporal.restart();
      await rm(yesterday, { recursive: true });
      worker = await SpawnedProcess.ready('worker', setting.environment);
      const done = await reconcile([]);
      expect(lines(done.stdout).toSorted()).toEqual([
        'token later of writing: BEHIND_IN_TEMPORAL; storage: ACTIVE in read, version 2; Temporal: ACTIVE in asked, version 1; left: it goes on from where Temporal has it. Make again what was acknowledged since',
        'token newest of writing: HISTORY_GONE; storage: ACTIVE in asked, version 1; Temporal: not there; made TERMINATED the token',
      ]);
      expect(done.code).toBe(1);
      expect(await token('later')).toMatchObject({ place: 'read', version: 2 });
    },
  );

  it(
    'ends no token of a Temporal that knows none of them, and says what to check, until that is said to be lost',
    { tags: 'namespace-lost' },
    async () => {
      const wrong = await reconcile([], { TASK_QUEUE_PREFIX: 'a-slip' });
      expect(wrong.stderr).toContain('NAMESPACE_LOST: Temporal knows none of 2 active tokens');
      expect(wrong.stderr).toContain('TASK_QUEUE_PREFIX');
      expect(lines(wrong.stdout)).toContainEqual(expect.stringMatching(/^token later .*; left as it is$/));
      expect(wrong.code).toBe(2);
      const empty = await startTemporalServer();
      const there = { TEMPORAL_ADDRESS: empty.address };
      const refused = await reconcile([], there);
      expect(refused.stderr).toContain('UNAVAILABLE: This storage belongs to another Temporal namespace');
      expect(refused).toMatchObject({ code: 2, stdout: '' });
      expect(await token('later')).toMatchObject({ status: 'ACTIVE' });
      expect((await reconcile(['--namespace-lost'], there)).code).toBe(0);
      expect(await token('later')).toMatchObject({ status: 'TERMINATED' });
      expect(await token('moves')).toMatchObject({ status: 'TERMINATED' });
      await empty.stop();
    },
  );

  it('is explained where it was called wrongly', async () => {
    const { code, stderr } = await reconcile(['--since', 'yesterday']);
    expect(stderr).toContain('since must be a time');
    expect(code).toBe(2);
  });
});
