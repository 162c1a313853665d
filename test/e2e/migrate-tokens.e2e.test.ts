import { setTimeout as delay } from 'node:timers/promises';

import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Token } from '../../src/core/tokens/token.js';
import { createAgent, createToken, createWorkflow, graphql } from '../support/api-client.js';
import { DefinitionFolders } from '../support/definition-folders.js';
import { eventually } from '../support/eventually.js';
import { newSetting, type Setting } from '../support/everything.js';
import { inParallel } from '../support/in-parallel.js';
import { canTestPostgres, createTestDatabase, onDatabase, type TestDatabase } from '../support/postgres.js';
import { replayRuns } from '../support/replay-runs.js';
import { report } from '../support/report.js';
import { runCommand } from '../support/run-command.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';
import { quietRuntime } from '../support/worker-under-test.js';

const [WRITTEN, READ, ASKED] = [90, 80, 30];
const TOKENS = WRITTEN + READ + ASKED;

const prompts = { system: 'You read letters.', userTemplate: 'Look at {input_data}' };
const mock = (responses: readonly unknown[]) => ({ type: 'mock', model: 'mock-1', options: { responses, delayMs: 0 } });
/** Waits for a person each time. */
const ASKER = {
  id: 'asker',
  name: 'Asker',
  llmProvider: mock([{ toolCalls: [{ name: 'token.read', arguments: {} }] }, 'fine']),
  prompts,
  tools: ['token.read'],
  approvalRequired: ['token.read'],
};
const NOTER = { id: 'noter', name: 'Noter', llmProvider: mock(['noted']), prompts };

const remind = {
  id: 'remind',
  placeId: 'read',
  agentId: 'noter',
  schedule: { initialDelaySeconds: 3600, intervalSeconds: 3600 },
};
const FIRST = {
  id: 'letters',
  name: 'Letters',
  places: ['written', 'read', 'sent'],
  initialPlace: 'written',
  transitions: [
    { id: 'read', fromPlaces: ['written'], toPlace: 'read' },
    { id: 'check', fromPlaces: ['written'], toPlace: 'read', agentExecution: { agentId: 'asker' } },
    { id: 'send', fromPlaces: ['written', 'read'], toPlace: 'sent' },
  ],
  placeAgents: [remind],
};
/** What was `written` is `drafted`, where an agent notes something; what is read is filed, and not sent. */
const SECOND = {
  ...FIRST,
  places: ['drafted', 'read', 'filed'],
  initialPlace: 'drafted',
  transitions: [
    { id: 'read', fromPlaces: ['drafted'], toPlace: 'read' },
    { id: 'file', fromPlaces: ['drafted', 'read'], toPlace: 'filed' },
  ],
  placeAgents: [
    remind,
    { id: 'note', placeId: 'drafted', agentId: 'noter', outputMapping: { 'data.note': 'response' } },
  ],
};

const MIGRATE = `mutation ($dryRun: Boolean!, $after: String) {
  migrateTokens(
    workflowId: "letters", fromVersion: 1, toVersion: 2, placeMapping: [{from: "written", to: "drafted"}]
    dryRun: $dryRun, first: 50, after: $after
  ) { migrated alreadyOver ended refused { tokenId reasons { code } } next }
}`;

interface Page {
  readonly migrated: number;
  readonly alreadyOver: number;
  readonly ended: number;
  readonly refused: readonly { readonly tokenId: string; readonly reasons: readonly { readonly code: string }[] }[];
  readonly next: string | null;
}

interface StoredToken {
  readonly token: { readonly workflowVersion: number; readonly place: string; readonly status: string };
  readonly tokenEvents: readonly { readonly type: string }[];
  readonly tokenExecutions: readonly { readonly status: string }[];
}

const STORED = `query ($id: String!) {
  token(id: $id) { workflowVersion place status }
  tokenEvents(tokenId: $id) { type }
  tokenExecutions(tokenId: $id) { status }
}`;

describe.skipIf(!(await canTestPostgres()))(
  `${TOKENS} tokens that go over to another version while workers and the API are killed`,
  () => {
    const written = ids('written', WRITTEN);
    const read = ids('read', READ);
    const asked = ids('asked', ASKED);
    const all = [...written, ...read, ...asked];
    const folders = new DefinitionFolders();
    const workers: SpawnedProcess[] = [];
    let temporal: TestTemporalServer;
    let database: TestDatabase;
    let setting: Setting;
    let api: SpawnedProcess;
    let client: Client;

    beforeAll(async () => {
      // For the replays.
      quietRuntime();
      [temporal, database] = await Promise.all([startTemporalServer(), createTestDatabase()]);
      setting = await newSetting({ TEMPORAL_ADDRESS: temporal.address, STORAGE_URL: database.url });
      api = await startApi();
      workers.push(await startWorker(), await startWorker());
      client = new Client({ connection: await Connection.connect({ address: temporal.address }) });
      for (const agent of [ASKER, NOTER]) await createAgent(setting.address, agent);
      await createWorkflow(setting.address, FIRST);
      await inParallel(8, all, async (id) => {
        await createToken(setting.address, { id, workflowId: 'letters' });
        if (read.includes(id)) await fire(id, 'read');
        if (asked.includes(id)) await fire(id, 'check');
      });
      await createWorkflow(setting.address, SECOND);
    });

    afterAll(async () => {
      await Promise.all([api, ...workers].map((one) => one.kill()));
      await client.connection.close();
      await temporal.stop();
      await database.drop();
      await setting.remove();
      await folders.removeAll();
    });

    function ids(kind: string, count: number): readonly string[] {
      return Array.from({ length: count }, (_, index) => `${kind}-${index}`);
    }

    function startApi(): Promise<SpawnedProcess> {
      return SpawnedProcess.ready('api', setting.environment);
    }

    function startWorker(): Promise<SpawnedProcess> {
      return SpawnedProcess.ready('worker', setting.environment);
    }

    async function fire(tokenId: string, transitionId: string): Promise<void> {
      const query = 'mutation ($input: TransitionFireInput!) { fireTransition(input: $input) { executionId } }';
      await graphql(setting.address, query, { input: { tokenId, transitionId } });
    }

    /** All pages, added up. */
    async function migrate(dryRun = false): Promise<Omit<Page, 'next'>> {
      let [sum, after] = [
        { migrated: 0, alreadyOver: 0, ended: 0, refused: [] as Page['refused'] },
        null as string | null,
      ];
      do {
        const { migrateTokens: page } = await graphql<{ migrateTokens: Page }>(setting.address, MIGRATE, {
          dryRun,
          after,
        });
        sum = {
          migrated: sum.migrated + page.migrated,
          alreadyOver: sum.alreadyOver + page.alreadyOver,
          ended: sum.ended + page.ended,
          refused: [...sum.refused, ...page.refused],
        };
        after = page.next;
      } while (after !== null);
      return sum;
    }

    async function over(): Promise<number> {
      const counted = "select count(*)::int as over from circuit_breaker.token_events where type = 'MIGRATED'";
      return Number((await onDatabase(database.url, counted))[0]?.['over']);
    }

    async function overAtLeast(count: number): Promise<void> {
      while ((await over()) < count) await delay(20);
    }

    async function dueOf(id: string): Promise<string | undefined> {
      return (await client.workflow.getHandle(id).query<Token>('token')).placeAgentRuns['remind']?.due;
    }

    /** Workers and the API, in the middle of it, however far one call comes. */
    async function kill(): Promise<void> {
      await overAtLeast(10);
      await workers.shift()?.kill();
      await overAtLeast(30);
      await api.kill();
      api = await startApi();
      workers.push(await startWorker());
    }

    /** Calls again until all is killed, and nothing keeps tokens from going but what they do. */
    async function migrateThroughKills(): Promise<number> {
      const kills = { areOver: false };
      const killed = kill().finally(() => {
        kills.areOver = true;
      });
      for (let calls = 1; ; calls += 1) {
        const isLast = kills.areOver;
        const outcome = await migrate().catch((error: unknown) => error as Error);
        if (outcome instanceof Error) {
          await delay(100);
          continue;
        }
        const codes = outcome.refused.flatMap(({ reasons }) => reasons.map(({ code }) => code));
        if (!isLast || codes.some((code) => code !== 'PENDING')) continue;
        await killed;
        return calls;
      }
    }

    it('has each of them over once, or says why not, and all live by the new version in the end', async () => {
      const expected = { migrated: WRITTEN + READ, alreadyOver: 0, ended: 0 };
      const foreseen = await migrate(true);
      expect(foreseen).toMatchObject(expected);
      expect(foreseen.refused.map(({ tokenId }) => tokenId).sort()).toEqual([...asked].sort());
      expect(await over()).toBe(0);
      const due = await Promise.all(read.slice(0, 5).map(dueOf));

      const calls = await migrateThroughKills();
      report(`${calls} calls had ${await over()} of ${TOKENS} tokens over`);
      expect(calls).toBeGreaterThan(1);
      expect(await over()).toBe(WRITTEN + READ);
      // The timers of those that stayed in their place are what they were.
      expect(await Promise.all(read.slice(0, 5).map(dueOf))).toEqual(due);

      const cwd = await folders.make({
        'circuit-breaker.yaml': `environments:\n  default: { url: '${setting.address}' }\n`,
      });
      const words = ['migrate', 'letters', '--from', '1', '--to', '2', '--map', 'written=drafted'];
      const told = await runCommand([...words, '--dry-run'], { cwd });
      expect(told.code, told.stderr).toBe(1);
      expect(told.stdout).toContain('  asked-0 stays in written\n    PENDING transition check waits for its agent');
      expect(told.stdout).toMatch(/\n0 can go over, 30 cannot\.\n$/);

      await answerAsked();
      const rest = await runCommand([...words, '--json'], { cwd });
      expect({ code: rest.code, said: JSON.parse(rest.stdout) as unknown }, rest.stderr).toMatchObject({
        code: 0,
        said: { dryRun: false, migrated: ASKED, refusedCount: 0 },
      });
      const nothing = await runCommand(words, { cwd });
      expect(nothing).toMatchObject({ code: 0, stdout: '0 went over, 0 cannot.\n' });

      await inParallel(4, all, lives);
      await inParallel(4, all.slice(0, 3), async (id) => {
        await replayRuns({ client }, id);
      });
    });

    async function answerAsked(): Promise<void> {
      const query = '{ approvals(first: 200) { nodes { executionId toolCallId } } }';
      const { approvals } = await graphql<{ approvals: { nodes: readonly object[] } }>(setting.address, query);
      const approve =
        'mutation ($executionId: String!, $toolCallId: String!) { approveToolCall(executionId: $executionId, toolCallId: $toolCallId) { id } }';
      await inParallel(4, approvals.nodes, async (call) => {
        await graphql(setting.address, approve, call);
      });
      await inParallel(4, asked, async (id) => {
        await eventually(async () => {
          const { token } = await graphql<StoredToken>(setting.address, STORED, { id });
          expect(token).toMatchObject({ workflowVersion: 1, place: 'read' });
        });
      });
    }

    /** It went over once, and goes on by the rules of the second version only. */
    async function lives(id: string): Promise<void> {
      const stored = await eventually(async () => {
        const found = await graphql<StoredToken>(setting.address, STORED, { id });
        // What was drafted is noted once; what an agent has checked was asked for once.
        const runs = read.includes(id) ? [] : ['COMPLETED'];
        expect(
          found.tokenExecutions.map(({ status }) => status),
          id,
        ).toEqual(runs);
        return found;
      });
      const place = written.includes(id) ? 'drafted' : 'read';
      expect(stored.token, id).toEqual({ workflowVersion: 2, place, status: 'ACTIVE' });
      expect(
        stored.tokenEvents.filter(({ type }) => type === 'MIGRATED'),
        id,
      ).toHaveLength(1);
      await expect(fire(id, 'send'), id).rejects.toThrow('UNKNOWN_TRANSITION');
      await fire(id, 'file');
      const { token } = await graphql<StoredToken>(setting.address, STORED, { id });
      expect(token, id).toEqual({ workflowVersion: 2, place: 'filed', status: 'COMPLETED' });
    }
  },
);
