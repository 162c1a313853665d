import { beforeEach, describe, expect, it } from 'vitest';

import type { AgentExecution } from '../../src/core/executions/execution.js';
import { stopFailingRollouts } from '../../src/reconcile/stop-failing-rollouts.js';
import { openStorage } from '../../src/storage/open-storage.js';
import type { KeptRollout } from '../../src/storage/rollout-store.js';
import type { Storage } from '../../src/storage/storage.js';
import { aToken, aWorkflow } from '../support/builders.js';
import { MemoryLogger } from '../support/memory-logger.js';

const SAID = '2026-11-30T10:00:00.000Z';
const NOW = '2026-11-30T10:04:00.000Z';

const watched: KeptRollout = {
  workflowId: 'review',
  use: { transitionId: 'judge' },
  rollout: { mode: 'on', percent: 10, maxErrorRate: 0.5 },
  agentId: 'a',
  saidAt: SAID,
  changedAt: SAID,
};

describe('an agent that is being brought in and fails too often', () => {
  let storage: Storage;
  let logger: MemoryLogger;
  let count: number;
  let told: string[];

  beforeEach(async () => {
    logger = new MemoryLogger();
    ({ storage } = await openStorage('memory:', { logger }));
    [count, told] = [0, []];
    await storage.rollouts.set(watched);
  });

  async function ran(times: number, fields: Partial<AgentExecution>): Promise<void> {
    for (let number = 0; number < times; number += 1) {
      count += 1;
      await storage.executions.create({
        ...{
          id: `e${count}`,
          agentId: 'a',
          agentVersion: 1,
          workflowId: 'review',
          transitionId: 'judge',
          tokenId: 't',
        },
        ...{ conversationId: `e${count}`, status: 'COMPLETED', input: 'x', warnings: [], attempts: [], createdAt: NOW },
        ...fields,
      });
    }
  }
  const failed = { status: 'FAILED', errorCode: 'server' } as const;
  const temporal = {
    tellPlaceAgentsChanged: (id: string) => {
      told.push(id);
      return Promise.resolve();
    },
  };
  const sweep = (now = NOW) =>
    stopFailingRollouts({ storage, temporal, now: () => now, alertWindowSeconds: 300, logger });
  const kept = async () => (await storage.rollouts.listForWorkflow('review'))[0];

  it('is turned off, and what is kept and the log say why', async () => {
    const token = aToken({ ...aWorkflow(), id: 'review', version: 1 }, { id: 'lives' });
    await storage.tokens.record({ token, runId: 'r', events: [], executions: [] });
    await ran(2, {});
    await ran(2, failed);
    await ran(1, { status: 'TIMEOUT', errorCode: 'timeout' });
    await sweep();
    const why = '3 of 5 executions failed within 300 seconds: server 2, timeout 1';
    const rollout = { ...watched.rollout, mode: 'off', stoppedBecause: why };
    expect(await kept()).toEqual({ ...watched, rollout, changedAt: NOW });
    expect(JSON.stringify(logger.lines)).toContain(why);
    // Told at once, and by the next round once more: a token that was being created is in no list yet.
    expect(told).toEqual(['lives']);
    expect(await storage.placeAgents.listChanges()).toMatchObject([{ workflowId: 'review' }]);
  });

  it('is turned off however many others its workflow runs meanwhile', async () => {
    await ran(5, failed);
    await ran(1500, { transitionId: 'other' });
    await sweep();
    expect((await kept())?.rollout.mode).toBe('off');
  });

  it.each([
    ['no more fail than may', { completed: 3, failed: 3 }, {}],
    ['too few have ended to tell', { completed: 0, failed: 4 }, {}],
    ['it was another use of the agent', { completed: 0, failed: 9 }, { transitionId: 'other' }],
    ['it was before anybody said so', { completed: 0, failed: 9 }, { createdAt: '2026-11-30T09:59:59.000Z' }],
    ['they were cancelled', { completed: 0, failed: 9 }, { status: 'CANCELLED' as const }],
  ])('is left where %s', async (_, times, fields) => {
    await ran(times.completed, {});
    await ran(times.failed, { ...failed, ...fields });
    await sweep();
    expect(await kept()).toEqual(watched);
  });

  it('is left where the failures are out of the window', async () => {
    await ran(9, failed);
    await sweep('2026-11-30T10:20:00.000Z');
    expect(await kept()).toEqual(watched);
  });

  it('stays as somebody has said meanwhile', async () => {
    await ran(9, failed);
    const later = { ...watched, rollout: { mode: 'on', percent: 50 } as const, changedAt: NOW };
    const { rollouts } = storage;
    const list = rollouts.listWatched.bind(rollouts);
    rollouts.listWatched = async () => {
      const found = await list();
      await rollouts.set(later);
      return found;
    };
    await sweep();
    expect(await kept()).toEqual(later);
  });
});
