import { ApplicationFailure } from '@temporalio/common';
import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { AGENT_EXECUTION } from '../../src/contract/messages.js';
import type { Token } from '../../src/core/tokens/token.js';
import type { ModelEvent, ModelRequest } from '../../src/core/executions/turn.js';
import type { LanguageModel } from '../../src/providers/language-model.js';
import { isInterruption } from '../../src/contract/failures.js';
import { FAILED_PRECONDITION, grpcCode } from '../../src/temporal/api-error-from-temporal.js';
import { defineTool } from '../../src/tools/define-tool.js';
import type { agentExecution } from '../../src/workflows/agent-execution.js';
import { asks } from '../support/asking-model.js';
import { aPlaceAgent, aTransition, anAgent, anAgentTransition, aWorkflow, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { replayRuns } from '../support/replay-runs.js';
import { FINISH } from '../support/scripted-model.js';
import { startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';

/** Streams one chunk, waits until the test lets it go on, and finishes. */
class PatientModel implements LanguageModel {
  calls = 0;
  release: () => void = () => undefined;
  readonly #released = new Promise<void>((resolve) => {
    this.release = resolve;
  });

  async *stream(request: ModelRequest): AsyncGenerator<ModelEvent> {
    this.calls += 1;
    yield { type: 'text', text: '{"verdict": ' };
    if (request.messages.at(-1)?.content.includes('WAIT') === true) await this.#released;
    if (request.messages.at(-1)?.content.includes('LOOK') === true) {
      yield { type: 'finish', finish: { ...FINISH, ...asks(['look', {}]), stopReason: 'tool_calls' } };
      return;
    }
    yield { type: 'text', text: '"GOOD"}' };
    yield { type: 'finish', finish: FINISH };
  }
}

/** Rounds of ten transitions: one that is fired, and nine that follow by themselves. */
const ROUNDS = 1000;
const STOPS = Array.from({ length: 10 }, (_, index) => `stop-${index}`);
/** Temporal suggests to go on as a new run at 4,096 events; lower, the tests need not wait for so many. */
const SUGGESTED_AT = 150;

const look = defineTool({ name: 'look', description: 'Looks.', input: z.object({}), run: () => 'seen' });

const content = aWorkflow({
  places: ['left', 'right', 'done'],
  initialPlace: 'left',
  transitions: [
    aTransition({ id: 'go', fromPlaces: ['left'], toPlace: 'right' }),
    aTransition({ id: 'back', fromPlaces: ['right'], toPlace: 'left' }),
    aTransition({
      id: 'review',
      fromPlaces: ['left'],
      toPlace: 'right',
      agentExecution: anAgentTransition({
        inputMapping: { text: 'data.text' },
        outputMapping: { 'data.verdict': 'verdict' },
      }),
    }),
    aTransition({ id: 'finish', fromPlaces: ['left', 'right'], toPlace: 'done' }),
  ],
});

const circle = aWorkflow({
  places: [...STOPS, 'done'],
  initialPlace: 'stop-0',
  transitions: [
    ...STOPS.map((stop, index) =>
      aTransition({
        id: `leave-${index}`,
        fromPlaces: [stop],
        toPlace: STOPS[(index + 1) % STOPS.length] ?? '',
        trigger: index === 0 ? 'manual' : 'automatic',
      }),
    ),
    aTransition({ id: 'finish', fromPlaces: ['stop-0'], toPlace: 'done' }),
  ],
});

describe('a long life', () => {
  const model = new PatientModel();
  let under: WorkerUnderTest;

  beforeAll(async () => {
    under = await startWorkerUnderTest(model, {
      ...{ suggestContinueAsNewAt: SUGGESTED_AT, tools: [look] },
      // As few as there can be: whatever held one for long would hold everything up.
      toolSlots: 1,
    });
    await under.storage.agents.create('reviewer', anAgent(), NOW);
    await under.storage.agents.create('looker', anAgent({ tools: ['look'] }), NOW);
    await under.storage.workflows.save('long', content, { hash: 'h', now: NOW });
    await under.storage.workflows.save('circle', circle, { hash: 'c', now: NOW });
    const watched = {
      ...content,
      placeAgents: [aPlaceAgent({ placeId: 'left', schedule: { initialDelaySeconds: 6 } })],
    };
    await under.storage.workflows.save('watched', watched, { hash: 'w', now: NOW });
  });
  afterAll(async () => {
    await under.stop();
  });

  async function start(workflowId: string, id: string, data: object = {}): Promise<WorkflowHandle> {
    const args = [{ workflowId, data }];
    return await under.client.workflow.start('tokenLifecycle', { taskQueue: under.taskQueue, workflowId: id, args });
  }

  async function token(handle: WorkflowHandle): Promise<Token> {
    return await handle.query<Token>('token');
  }

  async function moved(times: number): Promise<void> {
    await eventually(async () => {
      expect((await under.storage.tokens.get('marathon'))?.transitionCount).toBe(times);
    });
  }

  async function queryUntil(signal: AbortSignal, handle: WorkflowHandle): Promise<void> {
    while (!signal.aborted) await token(handle);
  }

  /**
   * An update that meets its workflow as that goes on as a new run, or out of turn, or that its workflow task did not look at, fails,
   * and may be sent again by whoever sent it.
   */
  async function repeated(send: () => Promise<unknown>): Promise<void> {
    try {
      await send();
    } catch (error) {
      const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
      const isUnseen = cause instanceof ApplicationFailure && cause.type === 'UnprocessedUpdate';
      if (grpcCode(error) !== FAILED_PRECONDITION && !isUnseen && !isInterruption(cause)) throw error;
      await repeated(send);
    }
  }

  /** Makes the history long enough for several runs, without moving the token. */
  async function update(handle: WorkflowHandle, times: number): Promise<void> {
    for (let count = 1; count <= times; count += 1) {
      await repeated(() => handle.executeUpdate('updateToken', { args: [{ data: { count } }] }));
    }
  }

  async function runs(id: string): Promise<number> {
    let count = 0;
    for await (const _run of under.client.workflow.list({ query: `WorkflowId = "${id}"` })) count += 1;
    return count;
  }

  it('of 10,000 transitions loses none and repeats none', { tags: 'run-ends' }, async () => {
    const handle = await start('circle', 'marathon');
    const fire = (round: number) =>
      handle.signal('fireTransition', { transitionId: 'leave-0', idempotencyKey: String(round) });
    for (let round = 0; round < ROUNDS; round += 10) {
      // Twice, as after a lost answer; in some order that nobody knows.
      const rounds = Array.from({ length: 20 }, (_, index) => round + (index % 10));
      await Promise.all(rounds.map(fire));
      // A slow worker would otherwise find everything in one history, and end it in one run.
      if (round % 100 === 90) await moved(10 * (round + 10));
    }
    await handle.executeUpdate('fire', { args: [{ transitionId: 'finish' }] });
    const ended = (await handle.result()) as Token;
    expect(ended).toMatchObject({ place: 'done', status: 'COMPLETED', transitionCount: 10 * ROUNDS + 1 });
    const fired = await firedTransitions('marathon');
    const expected = Array.from({ length: 10 * ROUNDS }, (_, index) => `leave-${index % 10}`);
    expect(fired).toEqual([...expected, 'finish']);
    expect(await under.storage.tokens.get('marathon')).toEqual(ended);
    await eventually(async () => {
      expect(await runs('marathon')).toBeGreaterThan(1);
    });
  });

  it(
    'loses no signal when it is queried all the time, and all its runs replay',
    { tags: ['run-ends', 'in-turn'] },
    async () => {
      const ids = ['watched-1', 'watched-2', 'watched-3'];
      await Promise.all(
        ids.map(async (id) => {
          const handle = await start('circle', id);
          await eventually(() => token(handle));
          const watch = new AbortController();
          const watched = queryUntil(watch.signal, handle);
          for (let round = 0; round < 200; round += 4) {
            const keys = [0, 1, 2, 3].map((index) => String(round + index));
            const fire = (idempotencyKey: string) =>
              handle.signal('fireTransition', { transitionId: 'leave-0', idempotencyKey });
            await Promise.all(keys.map(fire));
          }
          await eventually(async () => {
            expect((await token(handle)).transitionCount).toBe(2000);
          });
          await update(handle, 5);
          watch.abort();
          await watched;
          await eventually(async () => {
            expect(await replayRuns(under, id)).toBeGreaterThan(1);
          });
          await handle.executeUpdate('fire', { args: [{ transitionId: 'finish' }] });
          await handle.result();
        }),
      );
    },
  );

  it(
    'goes on while an answer streams, holds no slot for it, and takes it when it comes',
    { tags: 'run-ends' },
    async () => {
      const handle = await start('long', 'streaming', { text: 'WAIT' });
      const args = [{ transitionId: 'review' }];
      const { executionId } = await handle.executeUpdate<{ executionId: string }, [object]>('fire', {
        args: [args[0] ?? {}],
      });
      await eventually(() => {
        expect(model.calls).toBe(1);
      });
      await update(handle, SUGGESTED_AT);
      expect(await token(handle)).toMatchObject({ place: 'left', pending: { executionId } });
      await eventually(async () => {
        expect(await runs('streaming')).toBeGreaterThan(1);
      });
      expect(await lookedUp('beside-the-wait')).toContain('GOOD');
      model.release();
      await eventually(async () => {
        expect(await token(handle)).toMatchObject({ place: 'right', data: { verdict: 'GOOD', count: SUGGESTED_AT } });
      });
      await eventually(async () => {
        expect(await firedTransitions('streaming')).toEqual(['review']);
      });
      await handle.executeUpdate('fire', { args: [{ transitionId: 'finish' }] });
      await handle.result();
    },
  );

  it('goes on while a timer is armed, which rings once and when it was due', async () => {
    const handle = await start('watched', 'timed', { text: 'now' });
    await update(handle, SUGGESTED_AT);
    const { createdAt } = await token(handle);
    await eventually(async () => {
      expect(await runs('timed')).toBeGreaterThan(1);
    });
    const execution = await eventually(async () => {
      const { items } = await under.storage.executions.list({ tokenId: 'timed', status: 'COMPLETED' }, { first: 5 });
      expect(items).toHaveLength(1);
      return items[0]?.item;
    });
    expect(Date.parse(execution?.createdAt ?? '') - Date.parse(createdAt)).toBeGreaterThanOrEqual(6000);
    await update(handle, 20);
    expect((await under.storage.executions.list({ tokenId: 'timed' }, { first: 5 })).items).toHaveLength(1);
    await handle.executeUpdate('fire', { args: [{ transitionId: 'finish' }] });
    await handle.result();
  });

  /** What an execution answers that calls a tool first. */
  async function lookedUp(executionId: string): Promise<string> {
    const result = await under.client.workflow.execute<typeof agentExecution>(AGENT_EXECUTION, {
      taskQueue: under.taskQueue,
      workflowId: executionId,
      args: [{ executionId, agentId: 'looker', input: 'LOOK' }],
    });
    return result.response;
  }

  async function firedTransitions(id: string): Promise<readonly (string | undefined)[]> {
    const fired = await under.storage.tokens.listEvents(id, { after: 0, first: 1e6, type: 'TRANSITION_FIRED' });
    return fired.map(({ transitionId }) => transitionId);
  }
});
