import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { TOKEN_LIFECYCLE, type FireAccepted, type Migrated } from '../../src/contract/messages.js';
import type { ModelEvent, ModelRequest } from '../../src/core/executions/turn.js';
import type { Token } from '../../src/core/tokens/token.js';
import type { LanguageModel } from '../../src/providers/language-model.js';
import { aPlaceAgent, aTransition, anAgent, anAgentTransition, aWorkflow, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { replayRuns } from '../support/replay-runs.js';
import { FINISH } from '../support/scripted-model.js';
import { gatewayOf, startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';

/** Answers when it is let go. */
class HeldModel implements LanguageModel {
  readonly #waiting = new Set<() => void>();

  goOn(): void {
    for (const end of this.#waiting) end();
  }

  async *stream(_request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    yield { type: 'text', text: 'seen' };
    await new Promise<void>((resolve) => {
      this.#waiting.add(resolve);
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
    signal.throwIfAborted();
    yield { type: 'finish', finish: FINISH };
  }
}

const SUGGEST_CONTINUE_AS_NEW_AT = 60;
const PLACES = ['submitted', 'reviewed', 'done'];
const finish = aTransition({ id: 'finish', fromPlaces: ['submitted', 'reviewed'], toPlace: 'done' });
const review = aTransition({ id: 'review', agentExecution: anAgentTransition() });
const first = aWorkflow({
  places: PLACES,
  transitions: [review, finish],
  placeAgents: [aPlaceAgent({ id: 'later', schedule: { initialDelaySeconds: 3600 } })],
});
/** `submitted` is called `drafted`, where an agent runs at once, and what is ready goes on by itself. */
const second = aWorkflow({
  places: ['drafted', 'reviewed', 'done'],
  initialPlace: 'drafted',
  transitions: [
    aTransition({
      id: 'skip',
      fromPlaces: ['drafted'],
      toPlace: 'reviewed',
      trigger: 'automatic',
      rules: [{ type: 'FieldEquals', field: 'data.ready', value: true }],
    }),
    aTransition({ id: 'close', fromPlaces: ['drafted', 'reviewed'], toPlace: 'done' }),
  ],
  placeAgents: [aPlaceAgent({ id: 'soon', placeId: 'drafted', schedule: { initialDelaySeconds: 1 } })],
});

const model = new HeldModel();
let under: WorkerUnderTest;
let count = 0;

beforeAll(async () => {
  under = await startWorkerUnderTest(model, { suggestContinueAsNewAt: SUGGEST_CONTINUE_AS_NEW_AT });
  await under.storage.agents.create('reviewer', anAgent(), NOW);
  await under.storage.workflows.save('review', first, { hash: '1', now: NOW });
  await under.storage.workflows.save('review', second, { hash: '2', now: NOW });
});

afterAll(async () => {
  await under.stop();
});

const UP = { fromVersion: 1, toVersion: 2, placeMapping: { submitted: 'drafted' } };
const DOWN = { fromVersion: 2, toVersion: 1, placeMapping: { drafted: 'submitted' } };

async function start(data: object = {}, workflowVersion = 1): Promise<WorkflowHandle> {
  const { client, taskQueue } = under;
  const workflowId = `migrated-${(count += 1)}`;
  const args = [{ workflowId: 'review', workflowVersion, data }];
  await client.workflow.start(TOKEN_LIFECYCLE, { taskQueue, workflowId, args });
  const handle = client.workflow.getHandle(workflowId);
  await stored(handle, { status: 'ACTIVE' });
  return handle;
}

const migrate = (handle: WorkflowHandle, request: object = UP) =>
  handle.executeUpdate<Migrated, [object]>('migrate', { args: [request] });

const update = (handle: WorkflowHandle, data: object) => handle.executeUpdate('updateToken', { args: [{ data }] });

async function fire(handle: WorkflowHandle, transitionId: string): Promise<string> {
  const { executionId = '' } = await handle.executeUpdate<FireAccepted, [object]>('fire', { args: [{ transitionId }] });
  return executionId;
}

async function stored({ workflowId }: WorkflowHandle, fields: Partial<Token>): Promise<Token> {
  return await eventually(async () => {
    const token = await under.storage.tokens.get(workflowId);
    if (token === undefined) throw new Error(`${workflowId} is not stored yet`);
    expect(token).toMatchObject(fields);
    return token;
  });
}

/** Lets agents go on until the token is as it is to be. */
async function answered({ workflowId }: WorkflowHandle, fields: Partial<Token>): Promise<void> {
  await eventually(async () => {
    model.goOn();
    expect(await under.storage.tokens.get(workflowId)).toMatchObject(fields);
  });
}

async function events({ workflowId }: WorkflowHandle): Promise<readonly string[]> {
  const all = await under.storage.tokens.listEvents(workflowId, { after: 0, first: 100 });
  return all.map(({ type, version }) => `${type} ${version}`);
}

/** Its run is replayed, and then it is ended. */
async function replayed(handle: WorkflowHandle): Promise<void> {
  await replayRuns(under, handle.workflowId);
  await handle.terminate().catch(() => undefined);
}

describe('a token that is asked to go over to another version', () => {
  it('is recorded under it before the answer, lives by its rules, and runs its place agents', async () => {
    const handle = await start();
    const answer = await migrate(handle);
    expect(answer).toMatchObject({ migrated: true, token: { workflowVersion: 2, place: 'drafted', version: 2 } });
    expect(await under.storage.tokens.get(handle.workflowId)).toEqual(answer.token);
    expect(Object.keys(answer.token.placeAgentRuns)).toEqual(['soon']);
    await expect(fire(handle, 'finish')).rejects.toMatchObject({ cause: { type: 'TRANSITION_REFUSED' } });
    await eventually(async () => {
      expect(await events(handle)).toEqual(['CREATED 1', 'MIGRATED 2', 'EXECUTION_STARTED 2']);
    });
    await update(handle, { ready: true });
    await stored(handle, { place: 'reviewed', version: 4 });
    await fire(handle, 'close');
    expect(await handle.result()).toMatchObject({ place: 'done', workflowVersion: 2, status: 'COMPLETED' });
    await replayed(handle);
  });

  it('moves by itself at once where its rules hold now, and goes over once, however often it is asked', async () => {
    const handle = await start({ ready: true });
    const answers = await Promise.all([migrate(handle), migrate(handle), migrate(handle)]);
    expect(answers.map(({ migrated }) => migrated).sort()).toEqual([false, false, true]);
    expect(await migrate(handle)).toMatchObject({ migrated: false, token: { place: 'reviewed' } });
    expect(await events(handle)).toEqual(['CREATED 1', 'MIGRATED 2', 'TRANSITION_FIRED 3']);
    await replayed(handle);
  });

  it('stays, and leaves nothing in its history, while an agent works for it', async () => {
    const handle = await start();
    const executionId = await fire(handle, 'review');
    const before = (await handle.fetchHistory()).events?.length ?? 0;
    await expect(migrate(handle)).rejects.toMatchObject({
      cause: { type: 'MIGRATION_REFUSED', details: [{ blockers: [{ code: 'PENDING' }] }] },
    });
    expect((await handle.fetchHistory()).events?.length).toBeLessThanOrEqual(before + 3);
    await answered(handle, { place: 'reviewed' });
    expect((await under.storage.executions.get(executionId))?.status).toBe('COMPLETED');
    expect(await migrate(handle)).toMatchObject({ migrated: true, token: { place: 'reviewed', workflowVersion: 2 } });
    await replayed(handle);
  });

  it('is refused what does not fit, once that is known, and stays as it was', async () => {
    const handle = await start();
    for (const [request, cause] of [
      [
        { fromVersion: 1, toVersion: 2 },
        { type: 'MIGRATION_REFUSED', details: [{ blockers: [{ code: 'PLACE_MISSING' }] }] },
      ],
      [{ fromVersion: 1, toVersion: 9 }, { type: 'NOT_FOUND' }],
      [
        { fromVersion: 5, toVersion: 2 },
        { type: 'MIGRATION_REFUSED', details: [{ blockers: [{ code: 'OTHER_VERSION' }] }] },
      ],
      [{ fromVersion: 1, toVersion: 1 }, { type: 'VALIDATION_FAILED' }],
      [{ fromVersion: 1, toVersion: 2, placeMapping: { submitted: 1 } }, { type: 'VALIDATION_FAILED' }],
      [{ toVersion: 2 }, { type: 'VALIDATION_FAILED' }],
    ] as const) {
      await expect(migrate(handle, request)).rejects.toMatchObject({ cause });
    }
    expect(await stored(handle, {})).toMatchObject({ workflowVersion: 1, version: 1 });
    await fire(handle, 'finish');
    await replayed(handle);
  });

  it('goes with what is fired in between, and with word of other place agents, whichever comes first', async () => {
    const handles = await Promise.all(Array.from({ length: 8 }, () => start()));
    const outcomes = await Promise.all(
      handles.map(async (handle, index) => {
        const others = [
          handle.signal('placeAgentsChanged'),
          ...(index % 2 === 0
            ? [handle.signal('fireTransition', { transitionId: 'finish', idempotencyKey: 'f' })]
            : []),
        ];
        const [migrated] = await Promise.allSettled([migrate(handle), ...others]);
        return migrated.status === 'fulfilled' && migrated.value.migrated;
      }),
    );
    for (const [index, handle] of handles.entries()) {
      const token = await handle.query<Token>('token').catch(() => undefined);
      // Fired first it is done; else it is over, and `finish` was refused.
      expect(token?.workflowVersion).toBe(outcomes[index] === true ? 2 : 1);
      if (token?.workflowVersion === 2) expect(Object.keys(token.placeAgentRuns)).toEqual(['soon']);
      await replayed(handle);
    }
  });

  it('goes up and down, and takes its version along as its run goes on as another one', async () => {
    const handle = await start();
    const { runId } = await handle.describe();
    await migrate(handle);
    await answered(handle, { placeAgentRuns: { soon: { count: 1 } } });
    await eventually(async () => {
      await update(handle, { at: Date.now() });
      expect((await handle.describe()).runId).not.toBe(runId);
    });
    await stored(handle, { workflowVersion: 2, place: 'drafted' });
    expect(await migrate(handle, DOWN)).toMatchObject({
      migrated: true,
      token: { workflowVersion: 1, place: 'submitted' },
    });
    await fire(handle, 'finish');
    await stored(handle, { workflowVersion: 1, status: 'COMPLETED' });
    expect(await replayRuns(under, handle.workflowId)).toBeGreaterThan(1);
  });

  it('is asked by the gateway, which throws refusals with their blockers', async () => {
    const gateway = gatewayOf(under);
    const handle = await start();
    const refused = gateway.migrate(handle.workflowId, { fromVersion: 1, toVersion: 2 });
    await expect(refused).rejects.toMatchObject({
      code: 'MIGRATION_REFUSED',
      facts: { blockers: [{ code: 'PLACE_MISSING' }] },
    });
    expect(await gateway.migrate(handle.workflowId, UP)).toMatchObject({ migrated: true });
    await expect(gateway.migrate('nobody', UP)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await replayed(handle);
  });
});
