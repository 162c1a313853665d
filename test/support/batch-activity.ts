import type { Context } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';

import type { BatchKeeping } from '../../src/activities/tell-batch.js';
import type { ModelBatches } from '../../src/providers/model-batches.js';
import { openStorage } from '../../src/storage/open-storage.js';
import { MemoryLogger } from './memory-logger.js';
import { NO_BATCHES } from './no-batches.js';

export const BATCH_ID = 'batch-1';
const SINCE = '2026-11-30T05:00:00.000Z';
const LIMITS = { lines: 10, bytes: 1000 };
export const CALLER = { runId: 'run-1', now: SINCE };
const provider = { type: 'openai', model: 'm', headers: {}, options: {} } as const;

/** What the workflow of a batch says of it. */
export const A_BATCH = { batchId: BATCH_ID, provider, since: SINCE };

/** The parts of the activities of one batch, for which two executions wait, with a provider and a clock of the test's. */
export async function batchUnderTest(models: Partial<ModelBatches>) {
  const logger = new MemoryLogger();
  const { storage } = await openStorage('memory:', { logger });
  for (const executionId of ['one', 'two'])
    await storage.batches.join(
      { executionId, turn: 1, customId: `line-${executionId}`, groupId: 'group', path: '/', body: '{}' },
      CALLER,
    );
  await storage.batches.claim('group', BATCH_ID, LIMITS);
  const told: string[] = [];
  const clock = { ms: Date.parse(SINCE) };
  const parts: BatchKeeping = {
    storage,
    logger,
    batches: {
      ...NO_BATCHES,
      models: { ...NO_BATCHES.models, ...models },
      tellAnswered: (executionId) => {
        told.push(executionId);
        return Promise.resolve();
      },
    },
    now: () => new Date(clock.ms).toISOString(),
  };
  return { parts, storage, logger, told, clock };
}

/** Runs an activity as an attempt that has what the one before it left behind; gives what it leaves behind itself. */
export async function attempt<Result>(
  run: (environment: MockActivityEnvironment) => Promise<Result>,
  info: Partial<Pick<Context['info'], 'attempt' | 'heartbeatDetails'>> = {},
): Promise<{ readonly result?: Result; readonly error?: unknown; readonly details: unknown }> {
  const environment = new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });
  let details: unknown;
  environment.on('heartbeat', (beat: unknown) => (details = beat));
  try {
    return { result: await environment.run(() => run(environment)), details };
  } catch (error) {
    return { error, details };
  }
}
