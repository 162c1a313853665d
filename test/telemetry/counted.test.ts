import { describe, expect, it } from 'vitest';

import { firstWordKey, timesOfFirstWords } from '../../src/core/alerts/tally.js';
import { MOST_SUBJECTS } from '../../src/telemetry/counted.js';
import { Metrics } from '../../src/telemetry/metrics.js';

describe('what a process counts for alerts', () => {
  it('is what it says that it did, and is taken once', () => {
    const metrics = Metrics.silent();
    expect(metrics.counted.take()).toBeUndefined();
    metrics.executionEnded({ agentId: 'a', status: 'COMPLETED' });
    for (const status of ['FAILED', 'TIMEOUT', 'CANCELLED'] as const) metrics.executionEnded({ agentId: 'a', status });
    const call = { agentId: 'a', provider: 'openai', model: 'gpt', durationMs: 900 };
    metrics.attemptEnded({ ...call, outcome: 'failed', code: 'rate_limit' });
    metrics.attemptEnded({ ...call, outcome: 'failed', code: 'server' });
    metrics.attemptEnded({ ...call, outcome: 'completed', firstChunkMs: 300 });
    metrics.attemptEnded({ ...call, outcome: 'cached', firstChunkMs: 1 });
    metrics.callerLimited(0);
    metrics.callerLimited();
    metrics.viewerDropped('sse', 0);
    metrics.viewerDropped('websocket', 2);
    metrics.logFailed('redis', 'append', 0);
    metrics.logFailed('redis', 'read');
    for (const ms of [200, 9000, 100]) metrics.logOperation('redis', 'append', ms);
    metrics.logOperation('redis', 'read', 60_000);
    metrics.budgetNearlySpent('agent/a', '2026-11-30');
    expect(metrics.counted.take()).toEqual({
      executionsEnded: { a: 4 },
      executionsFailed: { a: 2 },
      firstWords: { [firstWordKey({ provider: 'openai', model: 'gpt', ms: 300 })]: 1 },
      providerLimits: { a: 1 },
      callersLimited: { '': 1 },
      viewersDropped: { websocket: 2 },
      logFailures: { redis: 1 },
      logWaits: { redis: 9 },
      budgets: { '2026-11-30 agent/a': 1 },
    });
    expect(metrics.counted.take()).toBeUndefined();
  });

  it('is how long the oldest append waits, whenever it is taken', () => {
    const metrics = Metrics.silent();
    let seconds = 0;
    metrics.observeOldestAppend('nats', () => seconds);
    expect(metrics.counted.take()).toBeUndefined();
    seconds = 12;
    expect(metrics.counted.take()).toEqual({ logWaits: { nats: 12 } });
  });

  it('is bounded, however many agents there are and however long nobody takes it', () => {
    const { counted } = Metrics.silent();
    for (let agent = 0; agent < 1000; agent += 1) counted.add('providerLimits', `agent-${agent}`);
    counted.add('providerLimits', 'agent-1');
    const limits = counted.take()?.providerLimits ?? {};
    expect(Object.keys(limits)).toHaveLength(MOST_SUBJECTS + 1);
    expect(limits).toMatchObject({ 'agent-1': 2, other: 1000 - MOST_SUBJECTS });
  });

  it('has the failures of an agent where it has what ended of it, also of those that are one too many', () => {
    const metrics = Metrics.silent();
    for (let agent = 0; agent < MOST_SUBJECTS; agent += 1)
      metrics.executionEnded({ agentId: `agent-${agent}`, status: 'COMPLETED' });
    for (const status of ['FAILED', 'COMPLETED'] as const) metrics.executionEnded({ agentId: 'one-more', status });
    metrics.executionEnded({ agentId: 'agent-7', status: 'FAILED' });
    const first = metrics.counted.take();
    expect(first?.executionsFailed).toEqual({ other: 1, 'agent-7': 1 });
    expect(first?.executionsEnded).toMatchObject({ other: 2, 'agent-7': 2 });
    metrics.executionEnded({ agentId: 'one-more', status: 'FAILED' });
    expect(metrics.counted.take()).toEqual({ executionsEnded: { 'one-more': 1 }, executionsFailed: { 'one-more': 1 } });
  });

  it('has first words of each of 200 models, however long they take, and of the others as one', () => {
    const { counted } = Metrics.silent();
    const say = (model: string) => {
      for (let ms = 1; ms < 100_000; ms *= 1.2) counted.add('firstWords', firstWordKey({ provider: 'o', model, ms }));
    };
    for (let model = 0; model < MOST_SUBJECTS + 2; model += 1) say(`m ${model}`);
    const times = timesOfFirstWords(new Map(Object.entries(counted.take()?.firstWords ?? {})));
    expect(times.size).toBe(MOST_SUBJECTS + 1);
    const words = (model: string) => times.get(model)?.reduce((sum, { count }) => sum + count, 0) ?? 0;
    expect(words('o m 199')).toBe(words('o m 0'));
    expect(words('other')).toBe(2 * words('o m 0'));
  });

  it('tells the budgets of the longest ids apart', () => {
    const metrics = Metrics.silent();
    const ids = ['a', 'b'].map((end) => `agent/${'x'.repeat(254)}${end}`);
    for (const id of ids) metrics.budgetNearlySpent(id, '2026-11-30');
    expect(Object.keys(metrics.counted.take()?.budgets ?? {})).toEqual(ids.map((id) => `2026-11-30 ${id}`));
  });
});
