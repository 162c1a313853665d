import { expect, it } from 'vitest';

import type { ActivityParts } from '../../src/activities/activity-parts.js';
import { joinBatch } from '../../src/activities/join-batch.js';
import { KnownBudgets } from '../../src/activities/known-budgets.js';
import type { ModelCall } from '../../src/contract/activities.js';
import { budgetScopes } from '../../src/core/executions/budget-limit.js';
import { pendingExecution } from '../../src/core/executions/pending-execution.js';
import { retryLimits } from '../../src/core/executions/turn-retry.js';
import { openStorage } from '../../src/storage/open-storage.js';
import { attempt } from '../support/batch-activity.js';
import { anAgent, NOW } from '../support/builders.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { unmeasured } from '../support/metrics.js';
import { NO_BATCHES } from '../support/no-batches.js';

const ID = 'doc-1:review:1';
const CALL: ModelCall = {
  executionId: ID,
  turn: 1,
  overrides: {},
  prepared: {
    ...{ agentId: 'reviewer', agentVersion: 1, provider: 'mock', model: 'mock-1', conversationId: ID },
    ...{ messageCount: 1, maxTurns: 1, timeoutSeconds: 10, retry: retryLimits(undefined) },
    batch: { maxWaitSeconds: 172_800 },
  },
};

/** What stays reserved, in tokens, where an attempt is ended for a reason before it has joined. */
async function reservedAfter(reason: 'CANCELLED' | 'WORKER_SHUTDOWN'): Promise<readonly (number | undefined)[]> {
  const logger = new MemoryLogger();
  const { storage } = await openStorage('memory:', { logger });
  await storage.agents.create('reviewer', anAgent({ budget: { maxCostUsdPerDay: 100 } }), NOW);
  await storage.executions.create(pendingExecution({ executionId: ID, agentId: 'reviewer', input: {} }, NOW));
  await storage.conversations.create({ id: ID, agentId: 'reviewer', createdAt: NOW });
  await storage.conversations.append(ID, 0, [{ role: 'user', content: 'Review: tides', timestamp: NOW }]);
  const reserved = async () => {
    const [sum] = await storage.budgets.sums([{ scope: budgetScopes.agent('reviewer'), day: NOW.slice(0, 10) }]);
    return sum?.reserved.tokens;
  };
  let before: number | undefined;
  const { error } = await attempt((environment) => {
    const request = async (_: unknown, signal: AbortSignal) => {
      before = await reserved();
      environment.cancel(reason);
      signal.throwIfAborted();
      throw new Error('it goes on');
    };
    const parts = {
      ...{ storage, logger, metrics: unmeasured, budgets: new KnownBudgets(storage), costOf: () => 0.01 },
      batches: { ...NO_BATCHES, models: { ...NO_BATCHES.models, request } },
      now: () => NOW,
    };
    return joinBatch(parts as unknown as ActivityParts, CALL);
  });
  expect(error).toMatchObject({ name: 'CancelledFailure', message: reason });
  return [before, await reserved()];
}

it('what a turn has reserved that is cancelled before it joins is given back', async () => {
  expect(await reservedAfter('CANCELLED')).toEqual([expect.any(Number), 0]);
});

it('what another attempt takes over stays reserved', async () => {
  const [before, after] = await reservedAfter('WORKER_SHUTDOWN');
  expect(before).toBeGreaterThan(0);
  expect(after).toBe(before);
});
