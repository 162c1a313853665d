import { describe, expect, it } from 'vitest';

import { ALERT_NAMES, type AlertName } from '../../../src/core/alerts/alert.js';
import { troublesIn, type AlertThresholds, type Measured } from '../../../src/core/alerts/judge-alerts.js';
import { budgetKey, firstWordKey, type Tally } from '../../../src/core/alerts/tally.js';

const NOW = '2026-11-30T10:00:00.000Z';
const THRESHOLDS: AlertThresholds = {
  ...{ failureRate: 0.1, firstWordSeconds: 10, providerLimits: 10, callersLimited: 100, logFailures: 30 },
  ...{ viewersDropped: 20, logWaitSeconds: 10, incidents: 5, sweepLateSeconds: 600 },
};
const QUIET: Measured = { tallies: [], windowSeconds: 300, sweepLateSeconds: 0, stopped: [], now: NOW };

const troubles = (measured: Partial<Measured>) => troublesIn({ ...QUIET, ...measured }, THRESHOLDS);
const counted = (...tallies: readonly Tally[]) => troubles({ tallies });
const words = (ms: number, times: number): Tally => ({
  firstWords: { [firstWordKey({ provider: 'openai', model: 'gpt 5', ms })]: times },
});
const STOPPED = { workflowId: 'w', use: 'review', agentId: 'a', because: '5 of 6 failed', maxErrorRate: 0.5 };

/** Each fault, at its threshold and a little beyond it. */
const FAULTS: Readonly<Record<AlertName, readonly [within: Partial<Measured>, beyond: Partial<Measured>]>> = {
  EXECUTIONS_FAIL: [
    { tallies: [{ executionsEnded: { a: 40 }, executionsFailed: { a: 4 } }] },
    {
      tallies: [
        { executionsEnded: { a: 39 }, executionsFailed: { a: 3 } },
        { executionsEnded: { a: 1 }, executionsFailed: { a: 2 } },
      ],
    },
  ],
  PROVIDER_SLOW: [{ tallies: [words(100, 95), words(60_000, 5)] }, { tallies: [words(100, 94), words(60_000, 6)] }],
  PROVIDER_LIMITS: [
    { tallies: [{ providerLimits: { a: 10, b: 10 } }] },
    { tallies: [{ providerLimits: { a: 10 } }, { providerLimits: { a: 1 } }] },
  ],
  CALLERS_LIMITED: [{ tallies: [{ callersLimited: { '': 100 } }] }, { tallies: [{ callersLimited: { '': 101 } }] }],
  STREAMS_IN_TROUBLE: [
    { tallies: [{ logFailures: { redis: 30 }, viewersDropped: { sse: 20 } }] },
    { tallies: [{ logFailures: { redis: 31 } }] },
  ],
  LOG_BEHIND: [
    { tallies: [{ logWaits: { redis: 6 } }, { logWaits: { redis: 10 } }] },
    { tallies: [{ logWaits: { redis: 10.1 } }, { logWaits: { redis: 0.1 } }] },
  ],
  INCIDENTS_GROW: [
    { tallies: [{ incidents: { w: 90 } }, { incidents: { w: 200 } }, { incidents: { w: 95, v: 5 } }] },
    { tallies: [{ incidents: { w: 90 } }, { incidents: { w: 96 } }] },
  ],
  SWEEP_STUCK: [{ sweepLateSeconds: 600 }, { sweepLateSeconds: 601 }],
  ROLLOUT_STOPPED: [{ stopped: [] }, { stopped: [STOPPED] }],
  BUDGET_NEARLY_SPENT: [
    { tallies: [{ budgets: { [budgetKey({ scope: 'agent/a', day: '2026-11-29' })]: 1 } }] },
    { tallies: [{ budgets: { [budgetKey({ scope: 'agent/a', day: '2026-11-30' })]: 1 } }] },
  ],
};

describe('what is wrong by what all processes counted', () => {
  it('is nothing where nothing happened, and where all is well', () => {
    expect(counted()).toEqual([]);
    const well = { executionsEnded: { a: 1000 }, logWaits: { postgres: 0.01 }, incidents: { w: 7 } };
    expect(counted(well, words(900, 1000), well)).toEqual([]);
  });

  it.each(ALERT_NAMES)('%s: is told for its own fault and for no other, and not at its threshold', (name) => {
    const [within, beyond] = FAULTS[name];
    expect(troubles(within)).toEqual([]);
    expect(troubles(beyond).map((trouble) => trouble.name)).toEqual([name]);
  });

  it('is told with its subject, what was measured, and what it was to stay within', () => {
    expect(troubles(FAULTS.EXECUTIONS_FAIL[1])).toEqual([
      {
        ...{ name: 'EXECUTIONS_FAIL', subject: 'a', value: 0.125, threshold: 0.1 },
        summary: '5 of 40 executions of agent a failed within 300 seconds',
      },
    ]);
    expect(troubles(FAULTS.INCIDENTS_GROW[1])).toMatchObject([
      { subject: 'w', workflowId: 'w', value: 6, threshold: 5 },
    ]);
    expect(troubles({ stopped: [STOPPED] })).toMatchObject([
      {
        subject: 'w review',
        workflowId: 'w',
        threshold: 0.5,
        summary: expect.stringMatching(/5 of 6 failed$/) as string,
      },
    ]);
    expect(troubles(FAULTS.BUDGET_NEARLY_SPENT[1])).toMatchObject([
      { subject: 'agent a', value: 80, lastsUntil: '2026-12-01T00:00:00.000Z' },
    ]);
  });

  it('says how long most first words take, within a tenth', () => {
    const [slow] = counted(words(100, 90), words(20_000, 8), words(90_000, 2));
    expect(slow?.subject).toBe('openai gpt 5');
    expect(slow?.value).toBeGreaterThanOrEqual(20);
    expect(slow?.value).toBeLessThan(22);
  });

  it('tells backends and doors apart', () => {
    const found = counted({ logFailures: { redis: 31, nats: 31 }, viewersDropped: { sse: 21, websocket: 1 } });
    expect(found.map(({ subject }) => subject).sort()).toEqual(['log nats', 'log redis', 'viewers sse']);
  });

  it('is no part of few', () => {
    expect(counted({ executionsEnded: { a: 3 }, executionsFailed: { a: 3 } })).toEqual([]);
    expect(counted(words(60_000, 4))).toEqual([]);
  });

  it('takes a workflow that had no token before for one that had none that was stuck', () => {
    expect(counted({ incidents: {} }, { incidents: { w: 6 } })).toMatchObject([{ name: 'INCIDENTS_GROW', value: 6 }]);
    expect(counted({ incidents: { w: 6 } })).toEqual([]);
  });

  it('has the worst first', () => {
    const [first, second] = counted({ providerLimits: { a: 20, b: 30 } });
    expect([first?.subject, second?.subject]).toEqual(['b', 'a']);
  });
});
