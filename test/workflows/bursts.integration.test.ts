import { setTimeout as delay } from 'node:timers/promises';

import type { WorkflowHandle } from '@temporalio/client';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Token } from '../../src/core/tokens/token.js';
import { aTransition, aWorkflow, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { canTestPostgres, createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { replayRuns } from '../support/replay-runs.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';

/** More than Temporal's server keeps for a workflow task that runs: at a hundred it fails the task. */
const SIGNALS = 180;
const LONG_BURST = 1000;
/** Less than a quick try may take, and more than the signals take. */
const STORAGE_HELD_MS = 800;
/** WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND */
const FAILED_BY_THE_SERVER = 17;

const there = aWorkflow({
  places: ['here', 'there', 'done'],
  initialPlace: 'here',
  transitions: [
    aTransition({ id: 'go', fromPlaces: ['here'], toPlace: 'there' }),
    aTransition({ id: 'return', fromPlaces: ['there'], toPlace: 'here', trigger: 'automatic' }),
    aTransition({ id: 'finish', fromPlaces: ['here'], toPlace: 'done' }),
  ],
});

describe.skipIf(!(await canTestPostgres()))(
  'a burst of signals while storage is slow, with a query among them',
  { tags: ['in-turn', 'lost-tasks', 'task-lost', 'storage-slow', 'on-postgres'] },
  () => {
    let database: TestDatabase;
    let under: WorkerUnderTest;
    let lock: pg.Client;

    beforeAll(async () => {
      database = await createTestDatabase();
      under = await startWorkerUnderTest(new ScriptedModel([]), { storageUrl: database.url });
      await under.storage.workflows.save('there', there, { hash: 'h', now: NOW });
      lock = new pg.Client({ connectionString: database.url });
      await lock.connect();
    });
    afterAll(async () => {
      await lock.end();
      await under.stop();
      await database.drop();
    });

    async function start(workflowId: string): Promise<WorkflowHandle> {
      const { client, taskQueue } = under;
      const args = [{ workflowId: 'there' }];
      const handle = await client.workflow.start('tokenLifecycle', { taskQueue, workflowId, args });
      // Recorded, and its first task over.
      await eventually(() => handle.query('token'));
      return handle;
    }

    async function whileStorageIsHeld(work: () => Promise<unknown>): Promise<void> {
      await lock.query('begin; lock table circuit_breaker.tokens in exclusive mode');
      const released = delay(STORAGE_HELD_MS).then(() => lock.query('commit'));
      try {
        await work();
      } finally {
        await released;
      }
    }

    /** Signals, a query among the first, and an update; resolves when all is sent and answered. */
    async function burst(handle: WorkflowHandle, queryAfterMs: number): Promise<void> {
      const fire = (idempotencyKey: string) => handle.signal('fireTransition', { transitionId: 'go', idempotencyKey });
      const first = fire('first');
      await delay(queryAfterMs);
      const asked = handle.query('token');
      await delay(5);
      await Promise.all([first, ...Array.from({ length: SIGNALS }, (_, index) => fire(String(index)))]);
      await asked;
    }

    async function failures(handle: WorkflowHandle, cause?: number): Promise<number> {
      const { events } = await handle.fetchHistory();
      const failed = (events ?? []).flatMap((event) => event.workflowTaskFailedEventAttributes ?? []);
      return failed.filter((one) => cause === undefined || Number(one.cause) === cause).length;
    }

    it.each([0, 3, 6, 9])(
      'loses and repeats nothing, and replays, with the query %i ms behind the first',
      async (ms) => {
        const id = `burst-${ms}`;
        const handle = await start(id);
        await whileStorageIsHeld(() => burst(handle, ms));
        await eventually(async () => {
          expect((await under.storage.tokens.get(id))?.transitionCount).toBe(2 * (SIGNALS + 1));
        });
        // Else the test has shown nothing.
        expect(await failures(handle, FAILED_BY_THE_SERVER)).toBeGreaterThan(0);
        const fired = await under.storage.tokens.listEvents(id, { after: 0, first: 1e6, type: 'TRANSITION_FIRED' });
        const expected = Array.from({ length: 2 * (SIGNALS + 1) }, (_, index) => (index % 2 === 0 ? 'go' : 'return'));
        expect(fired.map(({ transitionId }) => transitionId)).toEqual(expected);
        await replayRuns(under, id);
        await handle.executeUpdate('fire', { args: [{ transitionId: 'finish' }] });
        const ended = (await handle.result()) as Token;
        expect(ended).toMatchObject({ place: 'done', transitionCount: expected.length + 1 });
        expect(await under.storage.tokens.get(id)).toEqual(ended);
        await replayRuns(under, id);
      },
    );

    it('goes on while the burst does, and queries and slow records with it', async () => {
      const handle = await start('burst-that-goes-on');
      const over = new AbortController();
      const asking = (async () => {
        while (!over.signal.aborted) await handle.query('token');
      })();
      const holding = (async () => {
        while (!over.signal.aborted) await whileStorageIsHeld(() => Promise.resolve());
      })();
      const fires = Array.from({ length: LONG_BURST }, (_, index) => String(index));
      for (let from = 0; from < LONG_BURST; from += 100) {
        await Promise.all(
          fires
            .slice(from, from + 100)
            .map((idempotencyKey) => handle.signal('fireTransition', { transitionId: 'go', idempotencyKey })),
        );
      }
      await eventually(async () => {
        expect((await handle.query<Token>('token')).transitionCount).toBe(2 * LONG_BURST);
      });
      over.abort();
      await Promise.all([asking, holding]);
      await eventually(async () => {
        expect((await under.storage.tokens.get('burst-that-goes-on'))?.transitionCount).toBe(2 * LONG_BURST);
      });
      // Each is a replay of the history: as many as there were hundreds of signals, at most.
      expect(await failures(handle)).toBeLessThan(LONG_BURST / 50);
      await replayRuns(under, 'burst-that-goes-on');
      await handle.terminate();
    });

    it('answers an update that its task is failed under', async () => {
      const handle = await start('burst-with-update');
      await whileStorageIsHeld(async () => {
        const updated = delay(20).then(() => handle.executeUpdate('updateToken', { args: [{ data: { seen: true } }] }));
        await burst(handle, 3);
        await updated.catch(async (error: unknown) => {
          // It came out of turn, and says so: sent again it is taken.
          expect(error).toMatchObject({ cause: { type: 'UNAVAILABLE' } });
          await handle.executeUpdate('updateToken', { args: [{ data: { seen: true } }] });
        });
      });
      await eventually(async () => {
        const stored = await under.storage.tokens.get('burst-with-update');
        expect(stored).toMatchObject({ data: { seen: true }, transitionCount: 2 * (SIGNALS + 1) });
      });
      await replayRuns(under, 'burst-with-update');
      await handle.terminate();
    });

    it('gives a change behind refused ones the time at which it came', async () => {
      const handle = await start('behind-refused-ones');
      // Temporal keeps nothing of a task in which all is refused: the next one is at the same place of the history.
      for (let refused = 0; refused < 2; refused += 1) {
        const stale = handle.executeUpdate('updateToken', { args: [{ data: {}, expectedVersion: 99 }] });
        await expect(stale).rejects.toMatchObject({ cause: { type: 'VERSION_CONFLICT' } });
      }
      const before = new Date().toISOString();
      await handle.executeUpdate('updateToken', { args: [{ data: { seen: true } }] });
      const { updatedAt } = await handle.query<Token>('token');
      expect(updatedAt >= before).toBe(true);
      await replayRuns(under, 'behind-refused-ones');
      await handle.terminate();
    });
  },
);
