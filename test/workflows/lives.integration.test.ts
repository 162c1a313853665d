import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { TOKEN_LIFECYCLE, type FireAccepted } from '../../src/contract/messages.js';
import type { ModelEvent, ModelRequest } from '../../src/core/executions/turn.js';
import type { Token } from '../../src/core/tokens/token.js';
import { followNewestRun, type FollowingParts } from '../../src/operations/follow-newest-run.js';
import { settledToken, type SettlingParts } from '../../src/operations/settle-token.js';
import type { LanguageModel } from '../../src/providers/language-model.js';
import { aTransition, anAgent, anAgentTransition, aWorkflow, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { firstTaskEndWithChild, resetWorkflow, taskEnd } from '../support/reset-workflow.js';
import { FINISH } from '../support/scripted-model.js';
import { unmeasured } from '../support/metrics.js';
import { untraced } from '../support/traces.js';
import { gatewayOf, startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';

/** Answers at once, or when it is let go or aborted where it is asked to WAIT. */
class PatientModel implements LanguageModel {
  readonly #waiting = new Set<() => void>();

  goOn(): void {
    for (const end of this.#waiting) end();
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    yield { type: 'text', text: 'seen' };
    if (request.messages.at(-1)?.content.includes('WAIT') === true) await this.#wait(signal);
    signal.throwIfAborted();
    yield { type: 'finish', finish: FINISH };
  }

  async #wait(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.add(resolve);
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
  }
}

const model = new PatientModel();
let under: WorkerUnderTest;
let parts: SettlingParts & FollowingParts;

beforeAll(async () => {
  under = await startWorkerUnderTest(model);
  parts = {
    storage: under.storage,
    temporal: gatewayOf(under),
    metrics: unmeasured,
    traces: untraced,
    now: () => new Date().toISOString(),
  };
  await under.storage.agents.create('reviewer', anAgent(), NOW);
  const agentExecution = anAgentTransition({
    inputMapping: { text: 'data.text' },
    outputMapping: { 'data.answer': 'response' },
  });
  const transitions = [
    aTransition({ id: 'review', agentExecution }),
    aTransition({ id: 'back', fromPlaces: ['reviewed'], toPlace: 'submitted' }),
    aTransition({ id: 'finish', fromPlaces: ['reviewed', 'submitted'], toPlace: 'done' }),
  ];
  await under.storage.workflows.save('review', aWorkflow({ transitions }), { hash: 'h', now: NOW });
});

afterAll(async () => {
  await under.stop();
});

async function start(workflowId: string, text = '', more: { cronSchedule?: string } = {}): Promise<WorkflowHandle> {
  const args = [{ workflowId: 'review', data: { text } }];
  await under.client.workflow.start(TOKEN_LIFECYCLE, { taskQueue: under.taskQueue, workflowId, args, ...more });
  const handle = under.client.workflow.getHandle(workflowId);
  await stored(workflowId, { status: 'ACTIVE' });
  return handle;
}

async function fire(handle: WorkflowHandle, transitionId: string): Promise<string> {
  const { executionId = '' } = await handle.executeUpdate<FireAccepted, [object]>('fire', { args: [{ transitionId }] });
  return executionId;
}

async function stored(id: string, fields: Partial<Token>): Promise<Token> {
  return await eventually(async () => {
    const token = await under.storage.tokens.get(id);
    if (token === undefined) throw new Error(`${id} is not stored yet`);
    expect(token).toMatchObject(fields);
    return token;
  });
}

/** Lets the model go on, as soon as it waits. */
async function answered(id: string): Promise<Token | undefined> {
  return await eventually(async () => {
    model.goOn();
    const token = await under.storage.tokens.get(id);
    expect(token).toMatchObject({ place: 'reviewed' });
    return token;
  });
}

async function events(id: string): Promise<string> {
  const all = await under.storage.tokens.listEvents(id, { after: 0, first: 100 });
  expect(all.map(({ sequence }) => sequence)).toEqual(all.map((_, index) => index + 1));
  return all.map(({ type, version }) => `${type} ${version}`).join(', ');
}

async function reset({ workflowId }: WorkflowHandle, taskEndId: string): Promise<void> {
  await resetWorkflow(under, workflowId, taskEndId);
}

/** Waits until Temporal has begun what the token has asked for, and its workflow knows: a point to reset it to. */
async function begun({ workflowId }: WorkflowHandle): Promise<string> {
  return await eventually(() => firstTaskEndWithChild(under, workflowId));
}

const REVIEW = 'TRANSITION_STARTED 2, EXECUTION_STARTED 2, EXECUTION_FINISHED 2, TRANSITION_FIRED 3';

describe('a token whose Temporal workflow is reset', { tags: ['newest-run', 'workflow-reset'] }, () => {
  it('is what the newest run says, at once, and goes on from there', async () => {
    const handle = await start('back');
    await fire(handle, 'review');
    await stored('back', { place: 'reviewed' });
    await fire(handle, 'back');
    await reset(handle, await taskEnd(under, handle.workflowId, 1));
    await stored('back', { place: 'submitted', version: 1, status: 'ACTIVE' });
    await fire(handle, 'finish');
    await stored('back', { place: 'done', version: 2, transitionCount: 1 });
    const lost = `CREATED 1, ${REVIEW}, TRANSITION_FIRED 4`;
    expect(await events('back')).toBe(`${lost}, RESET 1, TRANSITION_FIRED 2, COMPLETED 2`);
  });

  it('waits for the execution that it had started before', async () => {
    const handle = await start('running', 'WAIT');
    const executionId = await fire(handle, 'review');
    await reset(handle, await begun(handle));
    await eventually(async () => {
      expect(await events('running')).toContain('RESET');
    });
    await eventually(async () => {
      model.goOn();
      expect(await under.storage.tokens.get('running')).toMatchObject({
        place: 'reviewed',
        history: [{ executionId }],
      });
    });
    const waiting = 'CREATED 1, TRANSITION_STARTED 2, EXECUTION_STARTED 2, RESET 2';
    expect(await events('running')).toBe(`${waiting}, EXECUTION_FINISHED 2, TRANSITION_FIRED 3`);
  });

  it('takes an answer that came after the point to which it was reset', async () => {
    const handle = await start('answered', 'WAIT');
    const executionId = await fire(handle, 'review');
    const point = await begun(handle);
    await answered('answered');
    await reset(handle, point);
    await stored('answered', { place: 'reviewed', history: [expect.objectContaining({ executionId })] });
    const again = 'RESET 2, EXECUTION_FINISHED 2, TRANSITION_FIRED 3';
    await eventually(async () => {
      expect(await events('answered')).toBe(`CREATED 1, ${REVIEW}, ${again}`);
    });
  });

  it('cancels what the lost run had started, and never gives its id again', async () => {
    const handle = await start('restarted', 'WAIT');
    const lost = await fire(handle, 'review');
    await begun(handle);
    await reset(handle, await taskEnd(under, handle.workflowId, 1));
    await stored('restarted', { version: 1 });
    await eventually(async () => {
      expect(await under.storage.executions.get(lost)).toMatchObject({ status: 'CANCELLED' });
    });
    const executionId = await fire(handle, 'review');
    expect(executionId).toMatch(/^restarted:review:1-[0-9a-f]{12}$/);
    expect(await answered('restarted')).toMatchObject({ history: [{ executionId }] });
    expect(await under.storage.executions.get(executionId)).toMatchObject({ status: 'COMPLETED' });
  });

  it('lives again when it had ended, also when it had been terminated and settled', async () => {
    const handle = await start('ended');
    await fire(handle, 'finish');
    await stored('ended', { status: 'COMPLETED' });
    await handle.result();
    await reset(handle, await taskEnd(under, handle.workflowId, -1));
    await stored('ended', { status: 'ACTIVE', version: 1 });
    await eventually(() => taskEnd(under, handle.workflowId, 1));
    await under.client.workflow.getHandle('ended').terminate();
    expect(await settledToken(parts, 'ended')).toMatchObject({ status: 'TERMINATED', version: 2 });
    await reset(handle, await taskEnd(under, handle.workflowId, -1));
    await stored('ended', { status: 'ACTIVE', version: 1 });
    expect(await settledToken(parts, 'ended')).toMatchObject({ status: 'ACTIVE', version: 1 });
    await fire(handle, 'finish');
    await stored('ended', { status: 'COMPLETED', version: 2 });
    const ended = 'TRANSITION_FIRED 2, COMPLETED 2';
    expect(await events('ended')).toBe(`CREATED 1, ${ended}, RESET 1, TERMINATED 2, RESET 1, ${ended}`);
  });

  it('begins anew where it is reset to its first workflow task', async () => {
    const handle = await start('anew');
    const lost = await fire(handle, 'review');
    await stored('anew', { place: 'reviewed' });
    await reset(handle, await taskEnd(under, handle.workflowId, 0));
    await stored('anew', { place: 'submitted', version: 1 });
    const executionId = await fire(handle, 'review');
    expect(executionId).not.toBe(lost);
    await stored('anew', { place: 'reviewed', version: 3 });
    expect(await events('anew')).toBe(`CREATED 1, ${REVIEW}, CREATED 1, ${REVIEW}`);
  });

  it('goes on as it was where it is reset again, and again', async () => {
    const handle = await start('again');
    const ids = [await fire(handle, 'review')];
    await stored('again', { place: 'reviewed' });
    for (const nth of [1, 1, -1]) {
      await reset(handle, await taskEnd(under, handle.workflowId, nth));
      await eventually(async () => {
        expect((await events('again')).match(/RESET/g)).toHaveLength(ids.length);
      });
      const { place } = await eventually(async () => {
        const token = await handle.query<Token>('token');
        expect(token.pending).toBeUndefined();
        return token;
      });
      if (place === 'reviewed') await fire(handle, 'back');
      ids.push(await fire(handle, 'review'));
      await stored('again', { place: 'reviewed' });
    }
    expect(new Set(ids).size).toBe(4);
    const executions = await under.storage.executions.getMany(ids);
    expect(executions.map((execution) => execution?.status)).toEqual(ids.map(() => 'COMPLETED'));
    await fire(handle, 'finish');
    await stored('again', { status: 'COMPLETED' });
  });

  it('is not changed by what the lost run records late', async () => {
    const handle = await start('late');
    const { runId: lost } = await handle.describe();
    await fire(handle, 'review');
    await stored('late', { place: 'reviewed' });
    await reset(handle, await taskEnd(under, handle.workflowId, 1));
    const token = await stored('late', { place: 'submitted' });
    const record = { token: { ...token, version: 9 }, runId: lost, events: [], executions: [] };
    expect(await under.storage.tokens.record(record)).toBeUndefined();
    expect(await followNewestRun(parts, record)).toBeUndefined();
    expect(await under.storage.tokens.get('late')).toEqual(token);
  });
});

describe('a token with a cron schedule', { tags: 'newest-run' }, () => {
  it('begins anew in each run, with executions of its own', async () => {
    const handle = await start('nightly', '', { cronSchedule: '@every 1s' });
    const ids: string[] = [];
    for (let run = 1; run <= 3; run += 1) {
      await eventually(async () => {
        expect((await events('nightly')).match(/CREATED/g)).toHaveLength(run);
      });
      ids.push(await fire(handle, 'review'));
      await stored('nightly', { place: 'reviewed', version: 3 });
      await fire(handle, 'finish');
      await eventually(async () => {
        expect((await events('nightly')).match(/COMPLETED/g)).toHaveLength(run);
      });
    }
    await under.client.workflow.getHandle('nightly').terminate();
    expect(new Set(ids).size).toBe(3);
    const life = `CREATED 1, ${REVIEW}, TRANSITION_FIRED 4, COMPLETED 4`;
    expect(await events('nightly')).toMatch(new RegExp(`^${life}, ${life}, ${life}`));
  });
});
