import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { TOKEN_LIFECYCLE } from '../../src/contract/messages.js';
import { migrateTokens } from '../../src/operations/migrate-tokens.js';
import { aWorkflow, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { schemasInThisThread } from '../support/schemas.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { unmeasured } from '../support/metrics.js';
import { untraced } from '../support/traces.js';
import { mayNameThisMachine } from '../support/this-machine.js';
import { gatewayOf, startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';

/** What the name of the update is in the code that was built. */
const NAME = /defineUpdate\)\((['"])migrate\1\)/;

describe('a token whose worker is of a version that does not know how to go over', () => {
  let under: WorkerUnderTest;

  beforeAll(async () => {
    const changeCode = (code: string) => {
      expect(code).toMatch(NAME);
      return code.replace(NAME, "defineUpdate)('notYetKnown')");
    };
    under = await startWorkerUnderTest(new ScriptedModel([]), { changeCode });
    await under.storage.workflows.save('review', aWorkflow(), { hash: '1', now: NOW });
    await under.storage.workflows.save('review', aWorkflow({ description: 'Second' }), { hash: '2', now: NOW });
  });
  afterAll(async () => {
    await under.stop();
  });

  it('stays, and says what to do; others go on', async () => {
    const args = [{ workflowId: 'review', workflowVersion: 1 }];
    await under.client.workflow.start(TOKEN_LIFECYCLE, { taskQueue: under.taskQueue, workflowId: 'old', args });
    await eventually(async () => {
      expect(await under.storage.tokens.get('old')).toBeDefined();
    });
    const parts = {
      storage: under.storage,
      temporal: gatewayOf(under),
      schemas: schemasInThisThread,
      mayName: mayNameThisMachine,
      metrics: unmeasured,
      traces: untraced,
      now: () => new Date().toISOString(),
    };
    const input = { workflowId: 'review', fromVersion: 1, toVersion: 2, placeMapping: [] };
    const { refused, migrated } = await migrateTokens(parts, input, { dryRun: false, page: { first: 10 } });
    expect(migrated).toBe(0);
    expect(refused).toMatchObject([{ tokenId: 'old', reasons: [{ code: 'WORKER_OUTDATED' }] }]);
    const handle = under.client.workflow.getHandle('old');
    await handle.executeUpdate('fire', { args: [{ transitionId: 'finish' }] }).catch(() => undefined);
    await handle.executeUpdate('cancel', { args: [{}] });
    expect(await handle.result()).toMatchObject({ workflowVersion: 1, status: 'CANCELLED' });
  });
});
