import { WorkflowFailedError, WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Token } from '../../src/core/tokens/token.js';
import { aWorkflow, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';

let under: WorkerUnderTest;

beforeAll(async () => {
  under = await startWorkerUnderTest(new ScriptedModel([]));
  await under.storage.workflows.save('review', aWorkflow(), { hash: 'h', now: NOW });
});
afterAll(async () => {
  await under.stop();
});

async function start(workflowId: string, data: object): Promise<WorkflowHandle> {
  const args = [{ workflowId: 'review', data }];
  return await under.client.workflow.start('tokenLifecycle', { taskQueue: under.taskQueue, workflowId, args });
}

async function problemsOf(promise: Promise<unknown>): Promise<unknown> {
  const error: unknown = await promise.catch((caught: unknown) => caught);
  if (!(error instanceof WorkflowUpdateFailedError || error instanceof WorkflowFailedError)) throw error;
  const { details } = error.cause as { details?: [{ problems?: readonly { code: string; pointer: string }[] }] };
  return details?.[0].problems?.map(({ code, pointer }) => `${code} ${pointer}`);
}

/** Of which JSON.parse makes …992, as it does of that. */
const LOST = JSON.parse('9007199254740993') as number;

describe('a plain Temporal client', () => {
  it('is refused numbers that lose digits on their way, at every door', async () => {
    const refused = await start('lost-digits', { account: LOST });
    expect(await problemsOf(refused.result())).toEqual(['NUMBER_INEXACT /data/account']);

    const handle = await start('exact', { account: '9007199254740993' });
    const fire = handle.executeUpdate('fire', { args: [{ transitionId: 'review', data: { n: LOST } }] });
    expect(await problemsOf(fire)).toEqual(['NUMBER_INEXACT /data/n']);
    const update = handle.executeUpdate('updateToken', { args: [{ metadata: { list: [1, LOST] } }] });
    expect(await problemsOf(update)).toEqual(['NUMBER_INEXACT /metadata/list/1']);
    await handle.signal('fireTransition', { transitionId: 'review', data: { n: LOST } });
    await handle.signal('fireTransition', { transitionId: 'review', data: { n: 1 } });
    await eventually(async () => {
      expect((await handle.query<Token>('token')).place).toBe('reviewed');
    });
    expect((await handle.query<Token>('token')).data).toEqual({ account: '9007199254740993', n: 1 });
    await handle.terminate();
  });

  it('is refused a reason that cannot be stored; a long one is cut between characters', async () => {
    const handle = await start('reasons', {});
    const half = handle.executeUpdate('cancel', { args: [{ reason: 'half \uD83D' }] });
    expect(await problemsOf(half)).toEqual(['TEXT_INVALID /reason']);
    await handle.executeUpdate('cancel', { args: [{ reason: `${'x'.repeat(998)}🙂 and so on` }] });
    const [event] = await under.storage.tokens.listEvents('reasons', { after: 0, first: 9, type: 'CANCELLED' });
    expect(event?.details).toEqual({ reason: `${'x'.repeat(998)}…` });
  });
});
