import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { PlaceAgent, PlaceAgentSchedule } from '../../src/core/definitions/definition.js';
import { ModelError } from '../../src/core/executions/model-error.js';
import type { Token } from '../../src/core/tokens/token.js';
import type { ModelEvent, ModelRequest } from '../../src/core/executions/turn.js';
import type { LanguageModel } from '../../src/providers/language-model.js';
import { aPlaceAgent, aTransition, anAgent, aWorkflow, NOW } from '../support/builders.js';
import { FINISH } from '../support/scripted-model.js';
import { startTimeSkippingServer } from '../support/time-skipping-server.js';
import { quietRuntime, startWorkerOn, type WorkerUnderTest } from '../support/worker-under-test.js';

class Answering implements LanguageModel {
  async *stream(request: ModelRequest): AsyncGenerator<ModelEvent> {
    await Promise.resolve();
    if (request.messages.at(-1)?.content.includes('FAIL') === true) throw new ModelError('auth', 'The key is wrong.');
    yield { type: 'text', text: 'Done.' };
    yield { type: 'finish', finish: FINISH };
  }
}

const HOUR = 3600;
const DAY = 24 * HOUR;
const READY = { type: 'FieldEquals', field: 'data.ready', value: true } as const;

describe('a place agent on its schedule', () => {
  let environment: TestWorkflowEnvironment;
  let under: WorkerUnderTest;

  beforeAll(async () => {
    quietRuntime();
    environment = await startTimeSkippingServer();
    const stop = () => environment.teardown();
    under = await startWorkerOn({ address: environment.address, stop }, new Answering());
    await under.storage.agents.create('reviewer', anAgent(), NOW);
  });
  afterAll(async () => {
    await under.stop();
  });

  /** A token whose first place has an agent. */
  async function start(name: string, agent: Partial<PlaceAgent> | undefined, data: object = {}): Promise<Handle> {
    const placeAgents = agent === undefined ? [] : [aPlaceAgent({ id: 'watch', ...agent })];
    const content = aWorkflow({
      transitions: [
        aTransition({ id: 'away' }),
        aTransition({ id: 'back', fromPlaces: ['reviewed'], toPlace: 'submitted' }),
        aTransition({ id: 'finish', fromPlaces: ['reviewed'], toPlace: 'done' }),
      ],
      placeAgents,
    });
    await under.storage.workflows.save(name, content, { hash: name, now: NOW });
    const options = { taskQueue: under.taskQueue, workflowId: name, args: [{ workflowId: name, data }] };
    const handle = await under.client.workflow.start('tokenLifecycle', options);
    await handle.executeUpdate('updateToken', { args: [{ metadata: { seen: true } }] });
    return handle;
  }

  /** When its runs began, in hours since the token was created. */
  async function runs(id: string): Promise<readonly number[]> {
    const { items } = await under.storage.executions.list({ tokenId: id }, { first: 200 });
    const created = Date.parse((await under.storage.tokens.get(id))?.createdAt ?? '');
    return items
      .map(({ item }) => Math.round(((Date.parse(item.createdAt) - created) / 1000 / HOUR) * 10) / 10)
      .sort((left, right) => left - right);
  }

  async function pass(seconds: number): Promise<void> {
    await environment.sleep(seconds * 1000);
  }

  it.each<[string, PlaceAgentSchedule | undefined, number, readonly number[]]>([
    ['none: once, at once', undefined, 3 * DAY, [0]],
    ['a delay', { initialDelaySeconds: 36 * HOUR }, 5 * DAY, [36]],
    ['an interval', { intervalSeconds: 12 * HOUR }, 2 * DAY + HOUR, [0, 12, 24, 36, 48]],
    ['a delay and an interval', { initialDelaySeconds: HOUR, intervalSeconds: DAY }, 3 * DAY, [1, 25, 49]],
    ['an interval and a maximum', { intervalSeconds: DAY, maxExecutions: 3 }, 10 * DAY, [0, 24, 48]],
    ['a maximum alone', { maxExecutions: 5 }, 10 * DAY, [0]],
    ['all three', { initialDelaySeconds: 2 * DAY, intervalSeconds: DAY, maxExecutions: 2 }, 10 * DAY, [48, 72]],
  ])('runs when it should: %s', async (name, schedule, seconds, expected) => {
    const id = name.replaceAll(/[^a-z]/g, '-');
    const handle = await start(id, schedule === undefined ? {} : { schedule });
    await pass(seconds);
    expect(await runs(id)).toEqual(expected);
    await handle.executeUpdate('cancel', { args: [{}] });
  });

  it('runs every day of a month', async () => {
    const handle = await start('month', { schedule: { initialDelaySeconds: DAY, intervalSeconds: DAY } });
    await pass(30 * DAY + HOUR);
    expect(await runs('month')).toEqual(Array.from({ length: 30 }, (_, day) => 24 * (day + 1)));
    await handle.executeUpdate('cancel', { args: [{}] });
  });

  it('checks its conditions when it is due: a check that fails counts for nothing', async () => {
    const schedule = { intervalSeconds: DAY, maxExecutions: 2 };
    const handle = await start('conditional', { schedule, triggerConditions: [READY] });
    await pass(2 * DAY + HOUR);
    await handle.executeUpdate('updateToken', { args: [{ data: { ready: true } }] });
    expect(await runs('conditional')).toEqual([]);
    await pass(5 * DAY);
    expect(await runs('conditional')).toEqual([72, 96]);
    await handle.executeUpdate('cancel', { args: [{}] });
  });

  it('looks at its conditions at every change where it has no interval', async () => {
    const handle = await start('at-change', { schedule: { initialDelaySeconds: HOUR }, triggerConditions: [READY] });
    await pass(10 * HOUR);
    await handle.executeUpdate('updateToken', { args: [{ data: { ready: true } }] });
    await pass(DAY);
    expect(await runs('at-change')).toEqual([10]);
    await handle.executeUpdate('cancel', { args: [{}] });
  });

  it('is disarmed when the token leaves, and armed anew when it comes back', async () => {
    const handle = await start('restless', { schedule: { initialDelaySeconds: DAY } });
    await pass(23 * HOUR);
    await handle.executeUpdate('fire', { args: [{ transitionId: 'away' }] });
    await pass(2 * DAY);
    expect(await runs('restless')).toEqual([]);
    await handle.executeUpdate('fire', { args: [{ transitionId: 'back' }] });
    await pass(2 * DAY);
    expect(await runs('restless')).toEqual([23 + 48 + 24]);
    await handle.executeUpdate('cancel', { args: [{}] });
  });

  it('counts failed runs, and the next one follows', async () => {
    const schedule = { intervalSeconds: HOUR, maxExecutions: 3 };
    const handle = await start('failing', { schedule, inputMapping: { input_data: 'data.text' } }, { text: 'FAIL' });
    await pass(DAY);
    expect(await runs('failing')).toEqual([0, 1, 2]);
    expect((await handle.query<Token>('token')).incident).toMatchObject({ code: 'auth', placeAgentId: 'watch' });
    await handle.executeUpdate('cancel', { args: [{}] });
  });

  it('is armed when its configuration arrives while the token is in the place, and disarmed when it goes', async () => {
    const handle = await start('late', undefined);
    await pass(5 * HOUR);
    const added = aPlaceAgent({ id: 'added', schedule: { initialDelaySeconds: HOUR, intervalSeconds: 2 * HOUR } });
    await under.storage.placeAgents.create({ ...added, workflowId: 'late', createdAt: NOW });
    await handle.signal('placeAgentsChanged', { placeAgents: [] });
    await pass(4 * HOUR);
    await under.storage.placeAgents.delete('added');
    await handle.signal('placeAgentsChanged', { placeAgents: [] });
    await pass(DAY);
    expect(await runs('late')).toEqual([6, 8]);
    await handle.executeUpdate('cancel', { args: [{}] });
  });
});

type Handle = WorkflowHandle;
