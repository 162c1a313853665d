import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { taskQueues } from '../../src/contract/messages.js';
import { CircuitBreakerError } from '../../src/core/errors.js';
import type { Token } from '../../src/core/tokens/token.js';
import { aTransition, anAgent, anAgentTransition, aWorkflow, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { HANG, ScriptedModel } from '../support/scripted-model.js';
import { startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';

const content = aWorkflow({
  transitions: [
    aTransition({ id: 'skip', toPlace: 'done' }),
    aTransition({ id: 'review', agentExecution: anAgentTransition() }),
    aTransition({ id: 'finish', fromPlaces: ['reviewed'], toPlace: 'done' }),
  ],
});

describe('a change of a token', () => {
  let under: WorkerUnderTest;

  beforeAll(async () => {
    under = await startWorkerUnderTest(new ScriptedModel([HANG]));
    await under.storage.agents.create('reviewer', anAgent(), NOW);
    await under.storage.workflows.save('review', content, { hash: 'h', now: NOW });
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  afterAll(async () => {
    await under.stop();
  });

  /** A token that is there and recorded. */
  async function start(workflowId: string): Promise<WorkflowHandle> {
    const args = [{ workflowId: 'review' }];
    const handle = await under.client.workflow.start('tokenLifecycle', {
      taskQueue: under.taskQueue,
      workflowId,
      args,
    });
    await eventually(async () => {
      expect(await under.storage.tokens.get(workflowId)).toBeDefined();
    });
    return handle;
  }

  /** Takes storage away; gives what brings it back. */
  function storageAway(): () => void {
    const away = new CircuitBreakerError('UNAVAILABLE', 'storage is away');
    const record = vi.spyOn(under.storage.tokens, 'record').mockRejectedValue(away);
    return () => {
      record.mockRestore();
    };
  }

  /** Sends an update, and tells whether it has been answered. */
  function send(handle: WorkflowHandle, name: string, message: object) {
    const sent = {
      isAnswered: false,
      answer: handle.executeUpdate<{ token: Token }, [object]>(name, { args: [message] }),
    };
    const answered = () => {
      sent.isAnswered = true;
    };
    sent.answer.then(answered, answered);
    return sent;
  }

  async function reached(handle: WorkflowHandle, token: Partial<Token>): Promise<void> {
    await eventually(async () => {
      expect(await handle.query<Token>('token')).toMatchObject(token);
    });
  }

  async function refusalOf(answer: Promise<unknown>): Promise<unknown> {
    const error: unknown = await answer.catch((thrown: unknown) => thrown);
    return error instanceof WorkflowUpdateFailedError ? error.cause : error;
  }

  it(
    'is in force at once and answered when recorded; queries and signals are taken meanwhile',
    { tags: ['recorded-first', 'quick-try', 'storage-away'] },
    async () => {
      const handle = await start('away');
      const storageBack = storageAway();
      const updated = send(handle, 'updateToken', { data: { a: 1 } });
      await reached(handle, { version: 2, data: { a: 1 } });
      await handle.signal('fireTransition', { transitionId: 'skip' });
      await reached(handle, { version: 3, status: 'COMPLETED' });
      expect(updated.isAnswered).toBe(false);
      expect((await under.storage.tokens.get('away'))?.version).toBe(1);
      storageBack();
      await updated.answer;
      expect(await under.storage.tokens.get('away')).toEqual(await handle.result());
    },
  );

  it(
    'is tried once inside the workflow task, and then for long on the second task queue',
    { tags: 'quick-try' },
    async () => {
      const handle = await start('patient');
      const before = (await handle.fetchHistory()).events?.length;
      const storageBack = storageAway();
      const updated = send(handle, 'updateToken', { data: { a: 1 } });
      await eventually(async () => {
        const { raw } = await handle.describe();
        expect(raw.pendingActivities?.[0]?.attempt).toBeGreaterThan(2);
      });
      storageBack();
      await updated.answer;
      const since = (await handle.fetchHistory()).events?.slice(before) ?? [];
      const scheduled = since.flatMap(({ activityTaskScheduledEventAttributes: activity }) => activity ?? []);
      expect(since.filter(({ markerRecordedEventAttributes: local }) => local?.failure)).toHaveLength(1);
      expect(scheduled.map(({ activityType, taskQueue }) => [activityType?.name, taskQueue?.name])).toEqual([
        ['recordToken', taskQueues(under.taskQueue).tools],
      ]);
      await handle.terminate();
    },
  );

  it('is what the next one is decided on, though it is not recorded yet', { tags: 'state-first' }, async () => {
    const handle = await start('second');
    const storageBack = storageAway();
    const first = send(handle, 'fire', { transitionId: 'review' });
    await reached(handle, { version: 2 });
    const second = send(handle, 'fire', { transitionId: 'review' });
    expect(await refusalOf(second.answer)).toMatchObject({ type: 'TRANSITION_IN_PROGRESS' });
    expect(first.isAnswered).toBe(false);
    storageBack();
    await first.answer;
    await handle.terminate();
  });

  it('is made by one of many that come at once, and the others are refused', { tags: 'state-first' }, async () => {
    const handle = await start('rivals');
    const fires = Array.from({ length: 10 }, () => send(handle, 'fire', { transitionId: 'review' }).answer);
    const outcomes = await Promise.allSettled(fires);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await under.storage.tokens.get('rivals'))?.executionCount).toBe(1);
    await handle.terminate();
  });

  it(
    'is recorded with the PENDING execution that it started, before anyone learns its id',
    { tags: 'recorded-first' },
    async () => {
      const handle = await start('starting');
      const record = vi.spyOn(under.storage.tokens, 'record');
      const message = { transitionId: 'review' };
      const { executionId } = await handle.executeUpdate<{ executionId: string }, [object]>('fire', {
        args: [message],
      });
      const records = record.mock.calls.map(([change]) => change);
      expect(records.find(({ token }) => token.pending?.executionId === executionId)).toMatchObject({
        executions: [{ id: executionId, status: 'PENDING' }],
      });
      await handle.terminate();
    },
  );

  it('is recorded and answered before the run ends, however soon the token closes', { tags: 'run-ends' }, async () => {
    const handle = await start('closing');
    const storageBack = storageAway();
    const updated = send(handle, 'updateToken', { data: { a: 1 } });
    await reached(handle, { version: 2 });
    const cancelled = send(handle, 'cancel', { reason: 'enough' });
    await reached(handle, { status: 'CANCELLED' });
    expect((await handle.describe()).status.name).toBe('RUNNING');
    storageBack();
    const [, { token }] = await Promise.all([updated.answer, cancelled.answer]);
    expect(await handle.result()).toEqual(token);
    expect(await under.storage.tokens.get('closing')).toEqual(token);
  });
});
