import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createToken } from '../../src/operations/create-token.js';
import { fireTransition } from '../../src/operations/fire-transition.js';
import type { OperationParts } from '../../src/operations/operation-parts.js';
import { aTransition, anAgent, anAgentTransition, aWorkflow, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { schemasInThisThread } from '../support/schemas.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { gatewayOf, startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';
import { unmeasured } from '../support/metrics.js';
import { untraced } from '../support/traces.js';
import { mayNameThisMachine } from '../support/this-machine.js';

let under: WorkerUnderTest;
let parts: OperationParts;

beforeAll(async () => {
  under = await startWorkerUnderTest(new ScriptedModel([]), { deletesAtOnce: true });
  const temporal = gatewayOf(under);
  parts = {
    storage: under.storage,
    temporal,
    schemas: schemasInThisThread,
    mayName: mayNameThisMachine,
    metrics: unmeasured,
    traces: untraced,
    now: () => new Date().toISOString(),
  };
  await under.storage.agents.create('reviewer', anAgent(), NOW);
  const transitions = [
    aTransition({ id: 'go', toPlace: 'done' }),
    aTransition({ id: 'review', fromPlaces: ['submitted'], agentExecution: anAgentTransition() }),
  ];
  await under.storage.workflows.save('review', aWorkflow({ transitions }), { hash: 'h', now: NOW });
});

afterAll(async () => {
  await under.stop();
});

/** What happens at the end of Temporal's retention, or where somebody deletes it. */
async function forget(workflowId: string): Promise<void> {
  const { namespace } = under.client.options;
  await under.client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId } });
  await eventually(() => expect(under.client.workflow.getHandle(workflowId).describe()).rejects.toThrow());
}

function fire(tokenId: string): ReturnType<typeof fireTransition> {
  const input = { tokenId, transitionId: 'go' };
  return fireTransition(parts, input);
}

const start = { workflowId: 'review', data: { n: 1 } };

describe('a token that Temporal has forgotten', { tags: 'temporal-forgot' }, () => {
  it('is given back when it is created again, and not lived once more', async () => {
    await createToken(parts, { id: 'invoice', ...start });
    const { token } = await fire('invoice');
    await forget('invoice');
    expect(await createToken(parts, { id: 'invoice', ...start })).toEqual(token);
    const others = createToken(parts, { id: 'invoice', ...start, data: { n: 2 } });
    await expect(others).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    await expect(under.client.workflow.getHandle('invoice').describe()).rejects.toThrow();
  });

  it('and that was stored before requests were is never lived once more', async () => {
    const created = await createToken(parts, { id: 'old', ...start });
    await under.storage.tokens.record({
      token: { ...created, version: 2 },
      runId: (await under.storage.tokens.originOf('old'))?.runId ?? '',
      events: [],
      executions: [],
    });
    expect(await createToken(parts, { id: 'old', ...start })).toMatchObject({ id: 'old' });
    await forget('old');
    await expect(createToken(parts, { id: 'old', ...start })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  });

  it('is TERMINATED, which a fire on it says', async () => {
    await createToken(parts, { id: 'lost', ...start });
    await forget('lost');

    await expect(fire('lost')).rejects.toMatchObject({
      code: 'TOKEN_CLOSED',
      message: 'Token "lost" has ended (terminated).',
    });
    expect(await under.storage.tokens.get('lost')).toMatchObject({ status: 'TERMINATED' });
  });
});
