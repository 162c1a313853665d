import { beforeEach, expect, it, vi } from 'vitest';

import type { ActivityParts } from '../../src/activities/activity-parts.js';
import { OneAfterAnother } from '../../src/activities/one-after-another.js';
import { recordExecution } from '../../src/activities/record-execution.js';
import { pendingExecution } from '../../src/core/executions/pending-execution.js';
import { openStorage } from '../../src/storage/open-storage.js';
import type { Storage } from '../../src/storage/storage.js';
import { anAgent, NOW } from '../support/builders.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { measured, unmeasured } from '../support/metrics.js';
import { untraced } from '../support/traces.js';

const ID = 'doc-1:review:1';
const logger = new MemoryLogger();
let storage: Storage;

beforeEach(async () => {
  ({ storage } = await openStorage('memory:', { logger }));
  await storage.agents.create('reviewer', anAgent(), NOW);
  await storage.executions.create(pendingExecution({ executionId: ID, agentId: 'reviewer', input: {} }, NOW));
  await storage.executions.update(ID, { agentVersion: 1 });
  await storage.conversations.create({ id: ID, agentId: 'reviewer', createdAt: NOW });
});

async function attemptsAfter(end: object, metrics = unmeasured): Promise<unknown> {
  const parts = {
    storage,
    logger,
    metrics,
    traces: untraced,
    appends: new OneAfterAnother(),
    closeStream: () => Promise.resolve(),
  } as unknown as ActivityParts;
  const usage = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };
  await recordExecution(parts, { executionId: ID, status: 'COMPLETED', turn: 2, completedAt: NOW, usage, ...end });
  return (await storage.executions.get(ID))?.attempts;
}

it(
  'an execution that completed has an attempt of each turn, also of one that storage was away for from its beginning to its end',
  { tags: 'storage-away' },
  async () => {
    const { type: provider, model } = anAgent().llmProvider;
    const first = {
      turn: 1,
      attempt: 1,
      provider,
      model,
      outcome: 'completed',
      startedAt: NOW,
      durationMs: 7,
    } as const;
    await storage.executions.update(ID, { attempts: [first] });
    const second = { turn: 2, attempt: 1, provider, model, outcome: 'completed', startedAt: NOW };
    expect(await attemptsAfter({ response: 'Fine.' })).toEqual([first, second]);
  },
);

it('an execution that was cancelled while its provider had asked for patience lets others make its call at once', async () => {
  const call = {
    key: 'k',
    maxAgeSeconds: 60,
    agentId: 'reviewer',
    owner: `${ID} 1`,
    holder: `${ID} 1 1`,
    leaseMs: 308_000,
  };
  await storage.answerCache.take(call);
  const progress = () => storage.answerCache.progress([{ key: 'k', maxAgeSeconds: 60 }]);
  expect(await progress()).toEqual(['under-way']);
  await attemptsAfter({ status: 'CANCELLED' });
  expect(await progress()).toEqual(['free']);
});

it(
  'an execution ends also where its call cannot be let go: that is free when its lease is over',
  { tags: 'storage-away' },
  async () => {
    vi.spyOn(storage.answerCache, 'releaseOf').mockRejectedValueOnce(new Error('away'));
    await attemptsAfter({ status: 'CANCELLED' });
    expect((await storage.executions.get(ID))?.status).toBe('CANCELLED');
  },
);

it('an end counts once, also of two that record it at the same time, and when it is recorded again', async () => {
  const { metrics, valueOf } = measured();
  const end = { status: 'FAILED', errorCode: 'server' };
  await Promise.all([attemptsAfter(end, metrics), attemptsAfter(end, metrics)]);
  await attemptsAfter(end, metrics);
  expect(await valueOf('circuit_breaker_executions_total', { agent: 'reviewer', code: 'server' })).toBe(1);
});

it('an execution that failed has the attempts that were noted, and no others', async () => {
  expect(await attemptsAfter({ status: 'FAILED', errorCode: 'server' })).toEqual([]);
});

it(
  'an execution of which nothing was noted has an attempt of each turn, by its agent',
  { tags: 'storage-away' },
  async () => {
    expect(await attemptsAfter({ response: 'Fine.' })).toMatchObject([
      { turn: 1, outcome: 'completed', model: anAgent().llmProvider.model },
      { turn: 2, outcome: 'completed' },
    ]);
  },
);
