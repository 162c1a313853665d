import { WorkflowFailedError, WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { AgentTransition } from '../../src/core/definitions/definition.js';
import { ModelError } from '../../src/core/executions/model-error.js';
import type { Token } from '../../src/core/tokens/token.js';
import type { ModelEvent, ModelRequest } from '../../src/core/executions/turn.js';
import type { LanguageModel } from '../../src/providers/language-model.js';
import { aTransition, anAgent, anAgentTransition, aWorkflow, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { FINISH } from '../support/scripted-model.js';
import { startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';

/** Does what the user message says: fails, hangs until it is aborted, or answers. */
class ObedientModel implements LanguageModel {
  calls = 0;
  aborted = 0;

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    this.calls += 1;
    const asked = request.messages.at(-1)?.content ?? '';
    if (asked.includes('FAIL')) throw new ModelError('auth', 'The key is wrong.');
    yield { type: 'text', text: '{"assessment": ' };
    if (asked.includes('HANG')) await this.#hang(signal);
    yield { type: 'text', text: '"APPROVE"}' };
    yield { type: 'finish', finish: FINISH };
  }

  async #hang(signal: AbortSignal): Promise<never> {
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve, { once: true });
    });
    this.aborted += 1;
    throw signal.reason;
  }
}

const model = new ObedientModel();
const review: AgentTransition = anAgentTransition({
  inputMapping: { text: 'data.text' },
  outputMapping: { 'data.verdict': 'assessment' },
});
const content = aWorkflow({
  transitions: [
    aTransition({ id: 'skip', toPlace: 'done' }),
    aTransition({ id: 'review', agentExecution: review }),
    aTransition({
      id: 'publish',
      fromPlaces: ['reviewed'],
      toPlace: 'done',
      trigger: 'automatic',
      rules: [{ type: 'FieldEquals', field: 'data.verdict', value: 'APPROVE' }],
    }),
  ],
});

let under: WorkerUnderTest;

beforeAll(async () => {
  under = await startWorkerUnderTest(model);
  await under.storage.agents.create('reviewer', anAgent(), NOW);
  await under.storage.workflows.save('review', content, { hash: 'h', now: NOW });
});

afterAll(async () => {
  await under.stop();
});

async function start(
  workflowId: string,
  start: unknown = { workflowId: 'review', data: { text: 'Hello' } },
): Promise<WorkflowHandle> {
  return await under.client.workflow.start('tokenLifecycle', { taskQueue: under.taskQueue, workflowId, args: [start] });
}

async function fire(handle: WorkflowHandle, request: unknown): Promise<{ token: Token; executionId?: string }> {
  return await handle.executeUpdate('fire', { args: [request] });
}

async function failureOf(promise: Promise<unknown>): Promise<{ type: unknown; details: unknown[] }> {
  const error: unknown = await promise.catch((caught: unknown) => caught);
  if (!(error instanceof WorkflowUpdateFailedError || error instanceof WorkflowFailedError)) throw error;
  const { type, details } = error.cause as { type?: unknown; details?: unknown[] };
  return { type, details: details ?? [] };
}

describe('a token', () => {
  it('that is started with more than its start fails at once', async () => {
    const args = [{ workflowId: 'review' }, { x: 1 }];
    const workflowId = 'too-much';
    const handle = await under.client.workflow.start('tokenLifecycle', {
      taskQueue: under.taskQueue,
      workflowId,
      args,
    });
    expect(await failureOf(handle.result())).toMatchObject({ type: 'VALIDATION_FAILED' });
  });

  it('goes through review to its end, each change recorded before it is answered', async () => {
    const handle = await start('whole');
    const { token, executionId } = await fire(handle, { transitionId: 'review' });
    expect(token.pending?.executionId).toBe('whole:review:1');
    expect((await under.storage.tokens.get('whole'))?.version).toBe(2);
    expect((await under.storage.executions.get(executionId ?? ''))?.tokenId).toBe('whole');
    const last = (await handle.result()) as Token;
    expect(last).toMatchObject({ place: 'done', status: 'COMPLETED', version: 4, data: { verdict: 'APPROVE' } });
    expect(await under.storage.tokens.get('whole')).toEqual(last);
    const events = await under.storage.tokens.listEvents('whole', { after: 0, first: 100 });
    expect(events.map(({ sequence, type }) => `${sequence} ${type}`)).toEqual([
      '1 CREATED',
      '2 TRANSITION_STARTED',
      '3 EXECUTION_STARTED',
      '4 EXECUTION_FINISHED',
      '5 TRANSITION_FIRED',
      '6 TRANSITION_FIRED',
      '7 COMPLETED',
    ]);
  });

  it('rejects a fire with every blocker, and leaves nothing in its history', async () => {
    const handle = await start('refused', { workflowId: 'review' });
    // A query cannot wait for the token to be created; where storage is slow it says so.
    await eventually(() => handle.query('token'));
    const before = (await handle.fetchHistory()).events?.length;
    const failure = await failureOf(fire(handle, { transitionId: 'review', expectedVersion: 5 }));
    expect(failure).toMatchObject({
      type: 'VERSION_CONFLICT',
      details: [{ blockers: [{ code: 'VERSION' }, { code: 'INPUT_MISSING' }] }],
    });
    expect((await handle.fetchHistory()).events?.length).toBe(before);
    await handle.terminate();
  });

  it('is not moved twice by the same idempotency key, and refuses it for another fire', async () => {
    const handle = await start('idempotent');
    const first = await fire(handle, { transitionId: 'review', idempotencyKey: 'k' });
    const again = await fire(handle, { transitionId: 'review', idempotencyKey: 'k' });
    expect(again.executionId).toBe(first.executionId);
    const other = failureOf(fire(handle, { transitionId: 'skip', idempotencyKey: 'k' }));
    expect(await other).toMatchObject({ type: 'IDEMPOTENCY_MISMATCH' });
    expect(((await handle.result()) as Token).transitionCount).toBe(2);
  });

  it('lives on whatever is signalled to it, and tells a refused signal as an event', async () => {
    const handle = await start('signalled');
    for (const garbage of [undefined, null, 7, 'x', [], {}, { transitionId: 7 }])
      await handle.signal('fireTransition', garbage);
    await handle.signal('fireTransition', { transitionId: 'nope' });
    await handle.signal('fireTransition', { transitionId: 'skip' });
    expect(((await handle.result()) as Token).place).toBe('done');
    const events = await under.storage.tokens.listEvents('signalled', { after: 0, first: 100 });
    expect(events.filter(({ type }) => type === 'TRANSITION_REFUSED')).toHaveLength(1);
  });

  it('is not held up by what is longer than any id, whichever message brings it', async () => {
    const handle = await start('overlong');
    const long = 'x'.repeat(900_000);
    await handle.signal('fireTransition', { transitionId: long });
    await handle.signal('fireTransition', { transitionId: 'skip', idempotencyKey: long });
    await handle.signal('fireTransition', { transitionId: 'skip', [long]: '\0' });
    const refused = await failureOf(fire(handle, { transitionId: long }));
    expect(refused.type).toBe('VALIDATION_FAILED');
    expect(JSON.stringify(refused.details).length).toBeLessThan(1000);
    await handle.executeUpdate('cancel', { args: [{ reason: long }] });
    const events = await under.storage.tokens.listEvents('overlong', { after: 0, first: 100 });
    expect(events.map(({ type }) => type)).toEqual(['CREATED', 'CANCELLED']);
    expect(JSON.stringify(events).length).toBeLessThan(2000);
  });

  it('keeps an incident of a failed agent, and the execution is a failed Temporal workflow with the code', async () => {
    const handle = await start('failing', { workflowId: 'review', data: { text: 'FAIL' } });
    const { executionId = '' } = await fire(handle, { transitionId: 'review' });
    let token = await handle.query<Token>('token');
    while (token.pending !== undefined) token = await handle.query<Token>('token');
    expect(await failureOf(under.client.workflow.getHandle(executionId).result())).toMatchObject({ type: 'auth' });
    expect(token).toMatchObject({ place: 'submitted', incident: { code: 'auth', executionId } });
    expect(await under.storage.executions.get(executionId)).toMatchObject({ status: 'FAILED', errorCode: 'auth' });
    await fire(handle, { transitionId: 'skip' });
    expect(((await handle.result()) as Token).incident).toBeUndefined();
  });

  it('stays where it is when its execution is cancelled, whose model call is aborted and whose stream ends', async () => {
    const handle = await start('cancelled', { workflowId: 'review', data: { text: 'HANG' } });
    const { executionId = '' } = await fire(handle, { transitionId: 'review' });
    while ((await under.storage.executions.get(executionId))?.attempts.length !== 1) await pause();
    await under.client.workflow.getHandle(executionId).cancel();
    let token = await handle.query<Token>('token');
    while (token.pending !== undefined) token = await handle.query<Token>('token');
    expect(token).toMatchObject({ place: 'submitted', status: 'ACTIVE' });
    expect(token.incident).toBeUndefined();
    while (model.aborted === 0) await pause();
    expect(await under.storage.executions.get(executionId)).toMatchObject({ status: 'CANCELLED' });
    const [page] = await under.streams.read([{ executionId, from: 0, limit: 100 }]);
    expect(page?.state).toBe('closed');
    await handle.terminate();
  });

  it('raises an incident when its execution is terminated from outside, and the stream ends', async () => {
    const handle = await start('terminated', { workflowId: 'review', data: { text: 'HANG' } });
    const { executionId = '' } = await fire(handle, { transitionId: 'review' });
    // Temporal starts it a moment after the fire was answered.
    await eventually(() => under.client.workflow.getHandle(executionId).terminate());
    let token = await handle.query<Token>('token');
    while (token.pending !== undefined) token = await handle.query<Token>('token');
    expect(token.incident).toMatchObject({ code: 'terminated', executionId });
    expect(await under.storage.executions.get(executionId)).toMatchObject({ status: 'TERMINATED' });
    await handle.terminate();
  });

  it.each(['its update', 'Temporal'])(
    'that is cancelled by %s takes its agents along, however soon it ends',
    { tags: 'run-ends' },
    async (how) => {
      const ids = Array.from({ length: 25 }, (_, index) => `cut-${how.length}-${index}`);
      const statuses = ids.map(async (id) => {
        const handle = await start(id, { workflowId: 'review', data: { text: 'HANG' } });
        const { executionId = '' } = await fire(handle, { transitionId: 'review' });
        if (how === 'Temporal') await handle.cancel();
        else await handle.executeUpdate('cancel', { args: [{}] });
        await handle.result().catch(() => undefined);
        await under.client.workflow
          .getHandle(executionId)
          .result()
          .catch(() => undefined);
        const [token, execution] = [
          await under.storage.tokens.get(id),
          await under.storage.executions.get(executionId),
        ];
        return [token?.status, execution?.status].join(' ');
      });
      expect(new Set(await Promise.all(statuses))).toEqual(new Set(['CANCELLED CANCELLED']));
    },
  );

  it.each([
    ['nothing', null, 'VALIDATION_FAILED'],
    ['an unknown workflow', { workflowId: 'nothing' }, 'NOT_FOUND'],
    ['an unknown place', { workflowId: 'review', initialPlace: 'moon' }, 'VALIDATION_FAILED'],
    ['a definition that is not one', { definition: { name: 'x' } }, 'VALIDATION_FAILED'],
    ['data that is no object', { workflowId: 'review', data: 'text' }, 'VALIDATION_FAILED'],
  ])('fails at once when it is started with %s', async (name, message, type) => {
    const handle = await start(`start-${name.replaceAll(' ', '-')}`, message);
    expect(await failureOf(handle.result())).toMatchObject({ type });
  });

  it('can bring its definition along', async () => {
    const definition = {
      name: 'Inline',
      places: ['a', 'b'],
      initialPlace: 'a',
      transitions: [{ id: 'go', fromPlaces: ['a'], toPlace: 'b' }],
    };
    const handle = await start('inline', { definition });
    await fire(handle, { transitionId: 'go' });
    const token = (await handle.result()) as Token;
    expect(token).toMatchObject({ place: 'b', status: 'COMPLETED', workflowVersion: 1 });
    expect(await under.storage.workflows.get(token.workflowId)).toMatchObject({ definition: { name: 'Inline' } });
  });

  it('is found by its search attributes', async () => {
    const handle = await start('searched');
    let found: string[] = [];
    while (found.length === 0) {
      const query = 'CircuitBreakerPlace = "submitted" AND CircuitBreakerStatus = "ACTIVE" AND WorkflowId = "searched"';
      for await (const { workflowId } of under.client.workflow.list({ query })) found = [...found, workflowId];
    }
    expect(found).toEqual(['searched']);
    await handle.terminate();
  });
});

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 20));
}
