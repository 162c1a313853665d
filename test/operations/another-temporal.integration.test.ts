import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createToken } from '../../src/operations/create-token.js';
import { fireTransition } from '../../src/operations/fire-transition.js';
import type { OperationParts } from '../../src/operations/operation-parts.js';
import { Sweeper } from '../../src/reconcile/sweep.js';
import { homeOf } from '../../src/temporal/refuse-another-home.js';
import { aWorkflow, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { schemasInThisThread } from '../support/schemas.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';
import { gatewayOf, startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';
import { unmeasured } from '../support/metrics.js';
import { untraced } from '../support/traces.js';
import { mayNameThisMachine } from '../support/this-machine.js';

const now = (): string => new Date().toISOString();

let under: WorkerUnderTest;
let other: TestTemporalServer;
let connection: Connection;
let elsewhere: OperationParts;
let sweep: Sweeper;
let logger: MemoryLogger;

beforeAll(async () => {
  [under, other] = await Promise.all([startWorkerUnderTest(new ScriptedModel([])), startTemporalServer()]);
  connection = await Connection.connect({ address: other.address });
  const { storage, streams } = under;
  await storage.workflows.save('review', aWorkflow(), { hash: 'h', now: NOW });
  const here = {
    storage,
    temporal: gatewayOf(under),
    schemas: schemasInThisThread,
    mayName: mayNameThisMachine,
    metrics: unmeasured,
    traces: untraced,
    now,
  };
  await createToken(here, { id: 'kept', workflowId: 'review' });
  const temporal = gatewayOf({ ...under, client: new Client({ connection }) });
  elsewhere = { ...here, temporal };
  logger = new MemoryLogger();
  const closeStream = () => Promise.resolve();
  const parts = {
    closeStream,
    retention: {},
    expireAudit: () => Promise.resolve(),
    streams,
    metrics: unmeasured,
    traces: untraced,
    alertWindowSeconds: 300,
    retentionMs: 3_600_000,
    logger,
    now,
  };
  // As at the start of an API: the storage belongs to the first server from here on.
  await new Sweeper({ ...parts, storage, temporal: here.temporal }).round();
  // As with TEMPORAL_ADOPT_NAMESPACE.
  sweep = new Sweeper({ ...parts, storage, temporal, isLossAccepted: true });
});

afterAll(async () => {
  await connection.close();
  await Promise.all([under.stop(), other.stop()]);
});

const status = async () => (await under.storage.tokens.get('kept'))?.status;

describe(
  'a Temporal server that is well, and not the one that a storage belongs to',
  { tags: 'another-temporal' },
  () => {
    it('knows nothing of its tokens, from which neither the sweep nor a fire concludes anything; both say what to do', async () => {
      await sweep.round();
      expect(await status()).toBe('ACTIVE');
      const told = logger.lines.map(({ facts }) => ('err' in facts ? String(facts.err) : ''));
      expect(told.join()).toContain('This storage belongs to another Temporal namespace');
      const input = { tokenId: 'kept', transitionId: 'skip' };
      const fire = fireTransition(elsewhere, input);
      await expect(fire).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringContaining('TEMPORAL_ADOPT_NAMESPACE=') as string,
      });
      expect(await status()).toBe('ACTIVE');
    });

    it('ends them when it was made theirs', async () => {
      const home = await homeOf(new Client({ connection }));
      if (home === undefined) throw new Error('a namespace has an id');
      await under.storage.temporalHome.adopt(home);
      await eventually(async () => {
        await sweep.round();
        expect(await status()).toBe('TERMINATED');
      });
    });
  },
);
