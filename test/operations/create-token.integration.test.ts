import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createToken } from '../../src/operations/create-token.js';
import type { OperationParts } from '../../src/operations/operation-parts.js';
import { aWorkflow, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { schemasInThisThread } from '../support/schemas.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { gatewayOf, startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';
import { unmeasured } from '../support/metrics.js';
import { untraced } from '../support/traces.js';
import { mayNameThisMachine } from '../support/this-machine.js';

let under: WorkerUnderTest;
/** Of an environment whose worker is away. */
let parts: OperationParts;

beforeAll(async () => {
  under = await startWorkerUnderTest(new ScriptedModel([]));
  const temporal = gatewayOf(under, 'nobody-works');
  parts = {
    storage: under.storage,
    temporal,
    schemas: schemasInThisThread,
    mayName: mayNameThisMachine,
    metrics: unmeasured,
    traces: untraced,
    now: () => new Date().toISOString(),
  };
  await under.storage.workflows.save('review', aWorkflow(), { hash: 'h', now: NOW });
});

afterAll(async () => {
  await under.stop();
});

describe('a token that waits for a worker', () => {
  it('is refused to its creator where it is terminated in Temporal meanwhile', async () => {
    const refused = expect(createToken(parts, { id: 'ended', workflowId: 'review' })).rejects.toMatchObject({
      code: 'TOKEN_CLOSED',
      message: 'Token "ended" was ended in Temporal (terminated) before it was created. Create it under another id.',
    });
    await eventually(() => under.client.workflow.getHandle('ended').terminate());
    await refused;
  });
});
