import { beforeEach, describe, expect, it } from 'vitest';

import { AlertRounds, SWEEP_ENDED } from '../../src/alerts/alert-rounds.js';
import { TallyTeller } from '../../src/alerts/tally-teller.js';
import type { AlertName } from '../../src/core/alerts/alert.js';
import { inlineWorkflowId } from '../../src/core/definitions/inline-workflow.js';
import { MemoryAlertStore } from '../../src/storage/memory/alerts.js';
import { openStorage } from '../../src/storage/open-storage.js';
import type { KeptRollout } from '../../src/storage/rollout-store.js';
import type { Storage } from '../../src/storage/storage.js';
import type { PlaceCount } from '../../src/storage/token-store.js';
import { Metrics } from '../../src/telemetry/metrics.js';
import { MemoryLogger } from '../support/memory-logger.js';

const THRESHOLDS = {
  ...{ failureRate: 0.1, firstWordSeconds: 10, providerLimits: 10, callersLimited: 100, logFailures: 30 },
  ...{ viewersDropped: 20, logWaitSeconds: 10, incidents: 5, sweepLateSeconds: 600 },
};
const TICK_MS = 10_000;
const MINUTE = 60_000;
const CALL = { agentId: 'a', provider: 'openai', model: 'gpt', durationMs: 100 } as const;
const ROLLOUT: KeptRollout = {
  ...{ workflowId: 'w', use: { transitionId: 'judge' }, agentId: 'a', rollout: { mode: 'on', percent: 5 } },
  ...{ saidAt: '2026-11-30T09:00:00.000Z', changedAt: '2026-11-30T09:00:00.000Z' },
};

/** Processes on one storage and one clock. */
class Cluster {
  nowMs = Date.parse('2026-11-30T10:00:00.000Z');
  readonly logger = new MemoryLogger();
  places: readonly PlaceCount[] = [];
  isSwept = true;
  isCounted = true;
  readonly storage: Storage;
  readonly processes: readonly ReturnType<Cluster['process']>[];

  constructor(storage: Storage) {
    this.storage = { ...storage, alerts: new MemoryAlertStore(() => this.nowMs) };
    this.processes = [this.process(), this.process()];
  }

  process() {
    const { storage, logger } = this;
    const metrics = Metrics.silent();
    const teller = new TallyTeller({ counted: metrics.counted, alerts: storage.alerts, logger });
    const rounds = new AlertRounds({
      storage,
      countActive: () => (this.isCounted ? Promise.resolve(this.places) : Promise.reject(new Error('too slow'))),
      ...{ windowSeconds: 300, thresholds: THRESHOLDS, everyMs: TICK_MS, sweepIntervalMs: MINUTE, logger },
      wantsMessages: () => Promise.resolve(true),
      now: () => this.now,
    });
    return { metrics, teller, rounds };
  }

  get now(): string {
    return new Date(this.nowMs).toISOString();
  }

  get metrics(): Metrics {
    const [first] = this.processes;
    if (first === undefined) throw new Error('there is no process');
    return first.metrics;
  }

  /** Has so much time pass, with everything that processes do again and again. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += TICK_MS) {
      this.nowMs += TICK_MS;
      if (this.isSwept) await this.storage.alerts.mark(SWEEP_ENDED);
      await Promise.all(this.processes.map(({ teller }) => teller.tell()));
      await Promise.all(this.processes.map(({ rounds }) => rounds.round()));
    }
  }

  async open(): Promise<readonly AlertName[]> {
    return (await this.storage.alerts.listNow()).map(({ name }) => name);
  }

  /** What waits to be sent, in order. */
  async messages(): Promise<readonly string[]> {
    const told: string[] = [];
    for (;;) {
      const message = await this.storage.alerts.takeMessage(1);
      if (message === undefined) return told;
      const { type, data } = JSON.parse(message.body) as { type: string; data: { name: string; subject: string } };
      told.push(`${type} ${data.name} ${data.subject}`);
      await this.storage.alerts.dropMessage(message.id);
    }
  }
}

interface Fault {
  readonly subject: string;
  begin(cluster: Cluster): unknown;
  /** Absent: it is over by itself. */
  mend?(cluster: Cluster): unknown;
  /** How long until it is found out; absent: a moment. */
  readonly takesMs?: number;
}

const times = (count: number, run: () => void) => {
  for (let time = 0; time < count; time += 1) run();
};
const stuck = (incidents: number): readonly PlaceCount[] => [
  { workflowId: 'w', place: 'p', tokens: 10, incidents },
  { workflowId: 'w', place: 'q', tokens: 10, incidents: 1 },
];

const FAULTS: Readonly<Record<AlertName, Fault>> = {
  EXECUTIONS_FAIL: {
    subject: 'a',
    // Half of them by each of two workers.
    begin: ({ processes }) => {
      for (const { metrics } of processes) {
        times(2, () => {
          metrics.executionEnded({ agentId: 'a', status: 'FAILED', errorCode: 'server' });
        });
        times(10, () => {
          metrics.executionEnded({ agentId: 'b', status: 'COMPLETED' });
        });
      }
    },
  },
  PROVIDER_SLOW: {
    subject: 'openai gpt',
    begin: ({ metrics }) => {
      times(5, () => {
        metrics.attemptEnded({ ...CALL, outcome: 'completed', firstChunkMs: 12_000 });
      });
    },
  },
  PROVIDER_LIMITS: {
    subject: 'a',
    begin: ({ metrics }) => {
      times(11, () => {
        metrics.attemptEnded({ ...CALL, outcome: 'failed', code: 'rate_limit' });
      });
    },
  },
  CALLERS_LIMITED: {
    subject: 'callers',
    begin: ({ processes }) => {
      for (const { metrics } of processes) metrics.callerLimited(60);
    },
  },
  STREAMS_IN_TROUBLE: {
    subject: 'log redis',
    begin: ({ metrics }) => {
      metrics.logFailed('redis', 'read', 31);
    },
  },
  LOG_BEHIND: {
    subject: 'redis',
    begin: ({ metrics }) => {
      metrics.logOperation('redis', 'append', 11_000);
    },
  },
  INCIDENTS_GROW: {
    subject: 'w',
    begin: (cluster) => {
      cluster.places = stuck(8);
    },
  },
  SWEEP_STUCK: {
    subject: 'sweep',
    begin: (cluster) => {
      cluster.isSwept = false;
    },
    mend: (cluster) => {
      cluster.isSwept = true;
    },
    takesMs: 11 * MINUTE + TICK_MS,
  },
  ROLLOUT_STOPPED: {
    subject: 'w judge',
    begin: ({ storage, now: changedAt }) =>
      storage.rollouts.set({
        ...ROLLOUT,
        changedAt,
        rollout: { mode: 'off', percent: 5, stoppedBecause: 'they failed' },
      }),
    mend: ({ storage }) => storage.rollouts.set(ROLLOUT),
  },
  BUDGET_NEARLY_SPENT: {
    subject: 'agent a',
    begin: ({ metrics }) => {
      metrics.budgetNearlySpent('agent/a', '2026-11-30');
    },
    mend: (cluster) => {
      cluster.nowMs = Date.parse('2026-12-01T00:00:00.000Z');
    },
  },
};

describe('alerts of all processes on one storage', () => {
  let cluster: Cluster;

  beforeEach(async () => {
    const { storage } = await openStorage('memory:', { logger: new MemoryLogger() });
    cluster = new Cluster(storage);
    cluster.places = stuck(2);
    await cluster.pass(MINUTE);
  });

  it('are none in a quiet hour', async () => {
    for (let minute = 0; minute < 60; minute += 1) {
      for (const { metrics } of cluster.processes) {
        metrics.executionEnded({ agentId: 'a', status: minute === 7 ? 'FAILED' : 'COMPLETED' });
        metrics.attemptEnded({ ...CALL, outcome: 'completed', firstChunkMs: 700 });
        metrics.logOperation('redis', 'append', 3);
        metrics.callerLimited(1);
      }
      await cluster.pass(MINUTE);
    }
    expect(await cluster.open()).toEqual([]);
    expect(await cluster.messages()).toEqual([]);
    expect((await cluster.storage.alerts.list({}, { first: 1 })).items).toEqual([]);
    expect(cluster.logger.lines).toEqual([]);
  });

  it.each(Object.entries(FAULTS))(
    '%s fires for its own fault and no other does, is over when that is, and is told once each time',
    async (name, fault) => {
      const { subject, takesMs = TICK_MS } = fault;
      await fault.begin(cluster);
      await cluster.pass(takesMs);
      expect(await cluster.open()).toEqual([name]);
      expect(await cluster.messages()).toEqual([`alert.fired ${name} ${subject}`]);
      await cluster.pass(4 * MINUTE);
      expect(await cluster.messages()).toEqual([]);
      await fault.mend?.(cluster);
      // What is counted leaves the window first, and then has to stay away for as long.
      await cluster.pass(fault.mend === undefined ? 7 * MINUTE : 2 * MINUTE);
      expect(await cluster.open()).toEqual([]);
      expect(await cluster.messages()).toEqual([`alert.resolved ${name} ${subject}`]);
      await cluster.pass(10 * MINUTE);
      expect(await cluster.messages()).toEqual([]);
      const { items } = await cluster.storage.alerts.list({}, { first: 9 });
      expect(items.map(({ item }) => item)).toMatchObject([{ name, subject, endedAt: expect.any(String) as string }]);
      expect(cluster.logger.lines.map(({ level }) => level)).toEqual(['warn', 'info']);
    },
  );

  it('fire again when the same happens again', async () => {
    for (const word of ['fired', 'resolved', 'fired', 'resolved']) {
      if (word === 'fired') cluster.metrics.callerLimited(101);
      await cluster.pass(word === 'fired' ? TICK_MS : 11 * MINUTE);
      expect(await cluster.messages()).toEqual([`alert.${word} CALLERS_LIMITED callers`]);
    }
  });

  it('are one as long as what they are of is beyond a threshold again and again, whichever process looks', async () => {
    for (let time = 0; time < 5; time += 1) {
      cluster.metrics.callerLimited(101);
      await cluster.pass(6 * MINUTE);
      // Another one looks from here on.
      await cluster.process().rounds.round();
    }
    expect(await cluster.messages()).toEqual(['alert.fired CALLERS_LIMITED callers']);
    await cluster.pass(3 * MINUTE);
    expect(await cluster.messages()).toEqual([]);
    await cluster.pass(2 * MINUTE);
    expect(await cluster.messages()).toEqual(['alert.resolved CALLERS_LIMITED callers']);
    const { items } = await cluster.storage.alerts.list({}, { first: 9 });
    expect(await cluster.storage.alerts.ageOfMark(`so ${items[0]?.item.id ?? ''}`)).toBeUndefined();
  });

  it('are found by the process that is left, whatever the other died in', async () => {
    const [dying, left] = cluster.processes;
    const { alerts } = cluster.storage;
    cluster.metrics.callerLimited(101);
    await dying?.teller.tell();
    const { toldWithin, fire } = { toldWithin: alerts.toldWithin.bind(alerts), fire: alerts.fire.bind(alerts) };
    // Whoever dies there never gets an answer; what it has marked stays.
    const never = () => new Promise<never>(() => undefined);
    for (const dead of [{ toldWithin: never }, { fire: never }]) {
      Object.assign(alerts, dead);
      cluster.nowMs += TICK_MS;
      void cluster.process().rounds.round();
      await new Promise((resolve) => setImmediate(resolve));
      Object.assign(alerts, { toldWithin, fire });
    }
    cluster.nowMs += TICK_MS;
    await left?.rounds.round();
    expect(await cluster.messages()).toEqual(['alert.fired CALLERS_LIMITED callers']);
  });

  it('wait while storage is away, and count what happened meanwhile once', async () => {
    const { alerts } = cluster.storage;
    const tell = alerts.tell.bind(alerts);
    cluster.metrics.callerLimited(60);
    // It has taken it, and nobody hears so.
    alerts.tell = async (told) => {
      await tell(told);
      throw new Error('away');
    };
    await cluster.pass(2 * TICK_MS);
    alerts.tell = tell;
    await cluster.pass(TICK_MS);
    expect(await cluster.open()).toEqual([]);
    cluster.metrics.callerLimited(41);
    await cluster.pass(TICK_MS);
    expect(await cluster.storage.alerts.listNow()).toMatchObject([{ name: 'CALLERS_LIMITED', value: 101 }]);
  });

  it('are found, and old ones forgotten, while tokens that are stuck cannot be counted, which the log says once', async () => {
    cluster.isCounted = false;
    cluster.metrics.callerLimited(101);
    await cluster.pass(TICK_MS);
    expect(await cluster.open()).toEqual(['CALLERS_LIMITED']);
    await cluster.pass(15 * MINUTE);
    cluster.nowMs += 31 * 24 * 60 * MINUTE;
    await cluster.pass(10 * MINUTE);
    expect((await cluster.storage.alerts.list({}, { first: 1 })).items).toEqual([]);
    const said = cluster.logger.lines.filter(({ message }) => message.startsWith('tokens that are stuck'));
    // Of two processes.
    expect(said.length).toBeLessThanOrEqual(2);
    expect(said[0]).toMatchObject({ level: 'warn', facts: { err: { message: 'too slow' } } });
    cluster.isCounted = true;
    cluster.places = stuck(2);
    await cluster.pass(TICK_MS);
    cluster.places = stuck(9);
    await cluster.pass(TICK_MS);
    expect(await cluster.open()).toEqual(['INCIDENTS_GROW']);
  });

  it('keep of stuck tokens only where there are any, and count one that had none as none', async () => {
    cluster.places = [...stuck(2), { workflowId: 'well', place: 'p', tokens: 9, incidents: 0 }];
    await cluster.pass(TICK_MS);
    expect((await cluster.storage.alerts.toldWithin(1)).at(-1)).toEqual({ incidents: { w: 3 } });
    cluster.places = [{ workflowId: 'well', place: 'p', tokens: 9, incidents: 0 }];
    await cluster.pass(6 * MINUTE);
    expect((await cluster.storage.alerts.toldWithin(1)).at(-1)).toEqual({ incidents: {} });
    cluster.places = stuck(5);
    await cluster.pass(TICK_MS);
    expect(await cluster.storage.alerts.listNow()).toMatchObject([{ name: 'INCIDENTS_GROW', subject: 'w', value: 6 }]);
  });

  it('take definitions that came with their tokens for one workflow, which is nobody else', async () => {
    cluster.places = Array.from({ length: 6 }, (_, index) => {
      return { workflowId: inlineWorkflowId('review', `${index}`.repeat(12)), place: 'p', tokens: 1, incidents: 1 };
    });
    await cluster.pass(TICK_MS);
    const open = await cluster.storage.alerts.listNow();
    expect(open).toMatchObject([{ name: 'INCIDENTS_GROW', subject: 'inline', value: 6 }]);
    expect(open[0]).not.toHaveProperty('workflowId');
  });

  it('do not take a night in which no process ran for a sweep that is stuck, and end what was before', async () => {
    cluster.metrics.callerLimited(101);
    await cluster.pass(TICK_MS);
    cluster.nowMs += 8 * 60 * MINUTE;
    cluster.isSwept = false;
    await cluster.pass(5 * MINUTE);
    expect(await cluster.messages()).toEqual([
      'alert.fired CALLERS_LIMITED callers',
      'alert.resolved CALLERS_LIMITED callers',
    ]);
    await cluster.pass(10 * MINUTE);
    expect(await cluster.open()).toEqual(['SWEEP_STUCK']);
  });

  it('do not take such a night for it either where the first process that looks dies as its round begins', async () => {
    const { alerts } = cluster.storage;
    const mark = alerts.mark.bind(alerts);
    cluster.nowMs += 8 * 60 * MINUTE;
    cluster.isSwept = false;
    // Whoever dies there has marked the round, and never gets an answer.
    alerts.mark = async (name, everyMs) => {
      const isMarked = await mark(name, everyMs);
      return name === 'round' ? new Promise<never>(() => undefined) : isMarked;
    };
    void cluster.process().rounds.round();
    await new Promise((resolve) => setImmediate(resolve));
    alerts.mark = mark;
    await cluster.pass(5 * MINUTE);
    expect(await cluster.open()).toEqual([]);
  });

  it('are kept for a month, and what was counted for a moment', async () => {
    cluster.metrics.callerLimited(101);
    await cluster.pass(15 * MINUTE);
    cluster.nowMs += 31 * 24 * 60 * MINUTE;
    await cluster.pass(10 * MINUTE);
    expect((await cluster.storage.alerts.list({}, { first: 1 })).items).toEqual([]);
    expect((await cluster.storage.alerts.toldWithin(Infinity)).length).toBeLessThan(150);
  });
});
