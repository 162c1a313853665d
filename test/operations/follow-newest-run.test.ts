import { beforeEach, describe, expect, it } from 'vitest';

import { pendingExecution } from '../../src/core/executions/pending-execution.js';
import type { RunRecord } from '../../src/core/tokens/token-record.js';
import type { Token } from '../../src/core/tokens/token.js';
import { followNewestRun, type FollowingParts } from '../../src/operations/follow-newest-run.js';
import { openStorage } from '../../src/storage/open-storage.js';
import type { Storage } from '../../src/storage/storage.js';
import { aDefinition, aToken, NOW } from '../support/builders.js';
import { unmeasured } from '../support/metrics.js';
import { untraced } from '../support/traces.js';
import { MemoryLogger } from '../support/memory-logger.js';

let storage: Storage;

beforeEach(async () => {
  ({ storage } = await openStorage('memory:', { logger: new MemoryLogger() }));
  await storage.tokens.record(aRecord('first', { version: 9 }));
});

function aRecord(runId: string, fields: Partial<Token> = {}): RunRecord {
  return { token: aToken(aDefinition(), fields), runId, events: [], executions: [] };
}

/** Temporal, where each question takes so long that something can happen before it is answered. */
function played(isNewest: (runId: string) => boolean, meanwhile: () => Promise<unknown> = () => Promise.resolve()) {
  const cancelled: string[] = [];
  const temporal: FollowingParts['temporal'] = {
    isNewestRun: async (_tokenId, runId) => {
      const answer = isNewest(runId);
      await meanwhile();
      return answer;
    },
    cancelExecution: (id) => {
      cancelled.push(id);
      return Promise.resolve(id.includes('running'));
    },
  };
  return { parts: { storage, temporal, metrics: unmeasured, traces: untraced, now: () => NOW }, cancelled };
}

describe('following the newest run of a token', { tags: 'newest-run' }, () => {
  it('stores nothing for a run that is not the newest, and cancels nothing for it', async () => {
    await storage.executions.create(pendingExecution({ executionId: 'running', agentId: 'a', input: '' }, NOW));
    const { parts, cancelled } = played(() => false);
    expect(await followNewestRun(parts, aRecord('second'))).toBeUndefined();
    expect(await storage.tokens.get('doc-1')).toMatchObject({ version: 9 });
    expect(cancelled).toEqual([]);
  });

  it('asks again where yet another run was followed while Temporal was asked', async () => {
    let newest = 'second';
    const third = aRecord('third', { place: 'reviewed' });
    const { parts } = played(
      (runId) => runId === newest,
      async () => {
        newest = 'third';
        await storage.tokens.record(third, 'first');
      },
    );
    expect(await followNewestRun(parts, aRecord('second'))).toBeUndefined();
    expect(await storage.tokens.get('doc-1')).toEqual(third.token);
  });

  it('ends what the run before had started, and leaves what this one waits for or starts', async () => {
    const ids = ['running', 'never-begun', 'waited-for', 'started'];
    const executions = ids.map((executionId) => {
      const token = {
        id: 'doc-1',
        workflowId: 'review',
        place: 'submitted',
        transitionCount: 0,
        data: {},
        metadata: {},
      };
      return pendingExecution({ executionId, agentId: 'a', input: '', token }, NOW);
    });
    for (const execution of executions) await storage.executions.create(execution);
    const pending = { transitionId: 'review', executionId: 'waited-for', since: NOW };
    const record = { ...aRecord('second', { pending }), executions: executions.slice(-1) };
    const { parts, cancelled } = played(() => true);
    expect(await followNewestRun(parts, record)).toMatchObject({ taken: [] });
    expect(cancelled.toSorted()).toEqual(['never-begun', 'running']);
    const stored = await storage.executions.getMany(ids);
    expect(stored.map((execution) => execution?.status)).toEqual(['PENDING', 'CANCELLED', 'PENDING', 'PENDING']);
    expect(await storage.tokens.get('doc-1')).toEqual(record.token);
  });
});
