import { Client, WorkflowFailedError, WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Token } from '../../src/core/tokens/token.js';
import { aWorkflow, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';

const BYTES = new TextEncoder();
const FIRE = { transitionId: 'review' };
const WAYS: readonly (readonly [string, string])[] = [
  ['binary/encrypted', 'of which nobody here has the key'],
  ['json/protobuf', '{}'],
  ['json/plain', '{"transitionId":'],
];

let under: WorkerUnderTest;

beforeAll(async () => {
  under = await startWorkerUnderTest(new ScriptedModel([]));
  await under.storage.workflows.save('review', aWorkflow(), { hash: 'h', now: NOW });
});
afterAll(async () => {
  await under.stop();
});

/** A client whose every argument goes out like that. */
function clientSending(encoding: string, data: string): Client {
  const sent: Payload = { metadata: { encoding: BYTES.encode(encoding) }, data: BYTES.encode(data) };
  const codec: PayloadCodec = {
    encode: (payloads) => Promise.resolve(payloads.map(() => sent)),
    decode: (payloads) => Promise.resolve(payloads),
  };
  return new Client({ connection: under.client.connection, dataConverter: { payloadCodecs: [codec] } });
}

async function started(client: Client, type: string, workflowId: string): Promise<WorkflowHandle> {
  const args = [{ workflowId: 'review' }];
  return await client.workflow.start(type, { taskQueue: under.taskQueue, workflowId, args });
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const error: unknown = await promise.catch((caught: unknown) => caught);
  if (error instanceof WorkflowUpdateFailedError || error instanceof WorkflowFailedError) return error.cause;
  throw error;
}

describe.each(WAYS)('a message that is sent as %s %j', (encoding, data) => {
  const name = encoding.replace('/', '-');
  const unreadable = { type: 'VALIDATION_FAILED', message: expect.stringContaining(encoding) as string };

  it('is refused as a signal or an update, and its token goes on', async () => {
    const token = await started(under.client, 'tokenLifecycle', `signalled-${name}`);
    const stranger = clientSending(encoding, data).workflow.getHandle(token.workflowId);
    await stranger.signal('fireTransition', FIRE);
    await stranger.signal('placeAgentsChanged', {});
    for (const update of ['fire', 'updateToken', 'cancel']) {
      expect(await failureOf(stranger.executeUpdate(update, { args: [FIRE] }))).toMatchObject(unreadable);
    }
    await token.signal('fireTransition', FIRE);
    await eventually(async () => {
      expect((await token.query<Token>('token')).place).toBe('reviewed');
    });
    await token.terminate();
  });

  it.each(['tokenLifecycle', 'agentExecution'])('fails %s where it is the start', async (type) => {
    const stranger = await started(clientSending(encoding, data), type, `${type}-${name}`);
    const { workflowId } = stranger;
    expect(await failureOf(under.client.workflow.getHandle(workflowId).result())).toMatchObject(unreadable);
  });
});
