import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { CircuitBreakerError } from '../../src/core/errors.js';
import type { ModelEvent, ModelRequest } from '../../src/core/executions/turn.js';
import type { Token } from '../../src/core/tokens/token.js';
import type { LanguageModel } from '../../src/providers/language-model.js';
import { eventually } from '../support/eventually.js';
import { aTransition, anAgent, anAgentTransition, aWorkflow, NOW } from '../support/builders.js';
import { FINISH } from '../support/scripted-model.js';
import { startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';

/** Says what it is asked. */
class Parrot implements LanguageModel {
  async *stream({ messages }: ModelRequest): AsyncGenerator<ModelEvent> {
    await Promise.resolve();
    yield { type: 'text', text: messages.at(-1)?.content.includes('SPEAK') === true ? 'poi' + 'son' : 'fine' };
    yield { type: 'finish', finish: FINISH };
  }
}

const content = aWorkflow({
  transitions: [
    aTransition({ id: 'skip' }),
    aTransition({
      id: 'ask',
      agentExecution: anAgentTransition({
        inputMapping: { text: 'data.text' },
        outputMapping: { 'data.said': 'response' },
      }),
    }),
    aTransition({ id: 'finish', fromPlaces: ['reviewed'], toPlace: 'done' }),
  ],
});

let under: WorkerUnderTest;

beforeAll(async () => {
  under = await startWorkerUnderTest(new Parrot());
  await under.storage.agents.create('reviewer', anAgent(), NOW);
  await under.storage.workflows.save('review', content, { hash: 'h', now: NOW });
  const { tokens, executions, conversations } = under.storage;
  refusePoison(tokens, 'record');
  refusePoison(executions, 'update');
  refusePoison(executions, 'end');
  refusePoison(conversations, 'append');
});
afterAll(async () => {
  await under.stop();
});

/** Storage does not take this word, however often it is asked. */
function refusePoison<Method extends string>(
  store: Record<Method, (...args: never[]) => Promise<unknown>>,
  method: Method,
): void {
  const whole = store[method];
  store[method] = async (...args: never[]) => {
    if (JSON.stringify(args).includes('poison')) throw new CircuitBreakerError('STORAGE_REFUSED', 'Not this word.');
    return await whole.apply(store, args);
  };
}

async function start(workflowId: string, data: object): Promise<WorkflowHandle> {
  const args = [{ workflowId: 'review', data }];
  return await under.client.workflow.start('tokenLifecycle', { taskQueue: under.taskQueue, workflowId, args });
}

async function eventsOf(id: string): Promise<readonly string[]> {
  const events = await under.storage.tokens.listEvents(id, { after: 0, first: 100 });
  return events.map(({ type }) => type);
}

const INCIDENT = { code: 'record_refused', message: 'Not this word.' };

describe('a record that storage refuses for its content', { tags: ['recorded-first', 'storage-refuses'] }, () => {
  it('is answered, becomes an incident, and the token goes on from there', async () => {
    const handle = await start('bad-data', { text: 'clean' });
    const update = { args: [{ data: { text: 'poison' } }] };
    const { token } = await handle.executeUpdate<{ token: Token }, [object]>('updateToken', update as never);
    expect(token.data).toEqual({ text: 'poison' });
    await eventually(async () => {
      expect(await under.storage.tokens.get('bad-data')).toMatchObject({ incident: INCIDENT, data: { text: 'clean' } });
    });
    expect(await eventsOf('bad-data')).toEqual(['CREATED', 'UPDATED', 'INCIDENT_RAISED']);

    await handle.executeUpdate('updateToken', { args: [{ data: { text: 'mended' } }] });
    await handle.executeUpdate('retry');
    const mended = await under.storage.tokens.get('bad-data');
    expect(mended?.data).toEqual({ text: 'mended' });
    expect(mended).not.toHaveProperty('incident');
    await handle.executeUpdate('fire', { args: [{ transitionId: 'skip' }] });
    await handle.executeUpdate('fire', { args: [{ transitionId: 'finish' }] });
    expect(await handle.result()).toMatchObject({ status: 'COMPLETED' });
  });

  it('does not lead to the next one: each change is recorded three times at most, and told once', async () => {
    const handle = await start('still-bad', { text: 'poison' });
    for (const count of [1, 2, 3]) await handle.executeUpdate('updateToken', { args: [{ data: { count } }] });
    await handle.executeUpdate('fire', { args: [{ transitionId: 'skip' }] });
    await eventually(async () => {
      expect((await under.storage.tokens.get('still-bad'))?.place).toBe('reviewed');
    });
    // At the start, and after the move, which had resolved the first.
    await eventually(async () => {
      const told = await eventsOf('still-bad');
      expect(told.filter((type) => type === 'INCIDENT_RAISED')).toHaveLength(2);
    });
    const history = await handle.fetchHistory();
    expect(history.events?.length).toBeLessThan(100);
    await handle.terminate();
  });

  it("fails the execution whose prompt or answer it is, and the token's incident says so", async () => {
    for (const [id, text] of [
      ['bad-answer', 'SPEAK'],
      ['bad-prompt', 'SPEAK not, poi' + 'son'],
    ] as const) {
      const handle = await start(id, { text: 'clean' });
      const fire = { args: [{ transitionId: 'ask', data: { text } }] };
      const { executionId } = await handle.executeUpdate<{ executionId: string }, [object]>('fire', fire as never);
      await eventually(async () => {
        expect((await handle.query<Token>('token')).pending).toBeUndefined();
      });
      expect((await handle.query<Token>('token')).incident?.code).toMatch(/STORAGE_REFUSED|record_refused/);
      await eventually(async () => {
        const execution = await under.storage.executions.get(executionId);
        expect(execution).toMatchObject({ status: 'FAILED', errorCode: 'STORAGE_REFUSED' });
      });
      await handle.executeUpdate('fire', { args: [{ transitionId: 'skip', data: { text: 'clean' } }] });
      await handle.terminate();
    }
  });
});
