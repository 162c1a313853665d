import { Client, type WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { PayloadKey } from '../../src/core/payload-keys.js';
import type { Token } from '../../src/core/tokens/token.js';
import { clientDataConverter } from '../../src/temporal/data-converter.js';
import { aWorkflow, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { gatewayOf, startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';

const DOCUMENT = 'planted-document-0123456789';
const key = (id: string, byte: number): PayloadKey => ({ id, bytes: new Uint8Array(32).fill(byte) });
const OLD = key('old', 1);
const NEW = key('new', 2);
const FIRE = { transitionId: 'review' };

let under: WorkerUnderTest;
let ids = 0;

beforeAll(async () => {
  under = await startWorkerUnderTest(new ScriptedModel([]), { payloadKeys: [NEW, OLD] });
  await under.storage.workflows.save('review', aWorkflow(), { hash: 'h', now: NOW });
});
afterAll(async () => {
  await under.stop();
});

function clientWith(...keys: readonly PayloadKey[]): Client {
  return new Client({ connection: under.client.connection, dataConverter: clientDataConverter(keys) });
}

async function started(client: Client, type = 'tokenLifecycle'): Promise<WorkflowHandle> {
  const args = [{ workflowId: 'review', data: { text: DOCUMENT } }];
  const workflowId = `token-${(ids += 1)}`;
  return await client.workflow.start(type, { taskQueue: under.taskQueue, workflowId, args });
}

async function placeOf(token: WorkflowHandle): Promise<string> {
  return (await under.client.workflow.getHandle(token.workflowId).query<Token>('token')).place;
}

async function causeOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.cause : error),
  );
}

/** What Temporal keeps of it, decoded as far as anybody can who has no key. */
async function stored(token: WorkflowHandle): Promise<string> {
  const json = historyToJSON(await token.fetchHistory());
  const payloads = [...json.matchAll(/"data":\s*"([^"]*)"/g)].map(([, data = '']) => Buffer.from(data, 'base64'));
  return [json, ...payloads.map(String)].join('\n');
}

describe('a worker with keys', () => {
  it('leaves no document in the history, nor in what a fire is refused with', async () => {
    const token = await started(under.client);
    await token.executeUpdate('updateToken', { args: [{ metadata: { note: DOCUMENT } }] });
    await causeOf(token.executeUpdate('fire', { args: [{ transitionId: DOCUMENT }] }));
    await token.executeUpdate('fire', { args: [FIRE] });
    await token.signal('fireTransition', { transitionId: DOCUMENT });
    await eventually(async () => {
      expect(await placeOf(token)).toBe('reviewed');
    });
    expect(await stored(token)).not.toContain(DOCUMENT);
    const description = await token.describe();
    expect(JSON.stringify(description.raw)).not.toContain(Buffer.from(DOCUMENT).toString('base64').slice(0, -4));
  });

  it('leaves the reason of a cancellation out of the history, where it would be in clear', async () => {
    const args = [{ executionId: 'cancelled', agentId: 'nobody', input: DOCUMENT }];
    const asked = { taskQueue: under.taskQueue, workflowId: 'cancelled', args, startDelay: '1h' } as const;
    const execution = await under.client.workflow.start('agentExecution', asked);
    expect(await gatewayOf(under).cancelExecution('cancelled', DOCUMENT)).toBe(true);
    const history = await stored(execution);
    expect(history).toContain('EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED');
    expect(history).not.toContain(DOCUMENT);
  });

  it('says why a fire is refused, to those who can read it', async () => {
    const token = await started(under.client);
    const refused = await causeOf(token.executeUpdate('fire', { args: [{ transitionId: 'nowhere' }] }));
    expect(refused).toMatchObject({
      type: 'TRANSITION_REFUSED',
      message: expect.stringContaining('nowhere') as string,
    });
    const plain = clientWith().workflow.getHandle(token.workflowId);
    const asked = plain.executeUpdate('fire', { args: [{ transitionId: 'nowhere' }] });
    await expect(asked).rejects.toThrow('binary/encrypted');
  });

  it.each([
    ['in clear', []],
    ['with the key before', [OLD]],
  ])('reads what is sent %s', async (_how, keys) => {
    const stranger = clientWith(...keys);
    const token = await started(stranger);
    await stranger.workflow.getHandle(token.workflowId).signal('fireTransition', FIRE);
    await eventually(async () => {
      expect(await placeOf(token)).toBe('reviewed');
    });
  });

  it.each([
    ['a key that it does not know', key('other', 3)],
    ['another key of the same id', key('new', 3)],
  ])('refuses what is encrypted with %s, and the token goes on', async (_how, foreign) => {
    const unreadable = { type: 'VALIDATION_FAILED', message: expect.stringContaining(foreign.id) as string };
    const token = await started(under.client);
    const stranger = clientWith(foreign).workflow.getHandle(token.workflowId);
    // Whoever has the other key cannot read why, either.
    expect(await causeOf(stranger.executeUpdate('fire', { args: [FIRE] }))).toMatchObject({
      type: 'VALIDATION_FAILED',
    });
    await stranger.signal('fireTransition', FIRE);
    await token.signal('fireTransition', FIRE);
    await eventually(async () => {
      expect(await placeOf(token)).toBe('reviewed');
    });
    for (const type of ['tokenLifecycle', 'agentExecution']) {
      const { workflowId } = await started(clientWith(foreign), type);
      expect(await causeOf(under.client.workflow.getHandle(workflowId).result())).toMatchObject(unreadable);
    }
  });

  it('gives a client that has not its keys a code, not a wrong answer', async () => {
    const token = await started(under.client);
    const temporal = gatewayOf({ ...under, client: clientWith(OLD) });
    await expect(temporal.fire(token.workflowId, FIRE)).rejects.toMatchObject({ code: 'PAYLOAD_UNREADABLE' });
    expect(await placeOf(token)).toBe('reviewed');
    expect(await temporal.closeOf('token', token.workflowId)).toBe('RUNNING');
  });
});
