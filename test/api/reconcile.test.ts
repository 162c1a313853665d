import { describe, expect, it } from 'vitest';

import { closeEndedStreams } from '../../src/api/reconcile.js';
import { pendingExecution } from '../../src/core/pending-execution.js';
import { openStorage } from '../../src/storage/open-storage.js';
import { NOW } from '../support/builders.js';
import { MemoryLogger } from '../support/memory-logger.js';

describe('the sweep', () => {
  it('closes the stream of every execution that ended while the backend was away, and only those', async () => {
    const logger = new MemoryLogger();
    const { storage } = await openStorage('memory:', { logger });
    for (const executionId of ['ended', 'running']) {
      await storage.executions.create(pendingExecution({ executionId, agentId: 'a', input: {} }, NOW));
    }
    await storage.executions.update('ended', { status: 'COMPLETED', completedAt: NOW });
    const closed: string[] = [];
    const closeStream = async ({ id }: { id: string }) => {
      closed.push(id);
      await storage.executions.update(id, { lastSequence: 2 });
    };
    const parts = { executions: storage.executions, closeStream, intervalMs: 1000, logger };
    await closeEndedStreams(parts);
    await closeEndedStreams(parts);
    expect(closed).toEqual(['ended']);
  });

  it('leaves what it cannot close to the next round', async () => {
    const logger = new MemoryLogger();
    const { storage } = await openStorage('memory:', { logger });
    await storage.executions.create(pendingExecution({ executionId: 'ended', agentId: 'a', input: {} }, NOW));
    await storage.executions.update('ended', { status: 'FAILED', completedAt: NOW });
    const closeStream = () => Promise.reject(new Error('away'));
    await closeEndedStreams({ executions: storage.executions, closeStream, intervalMs: 1000, logger });
    expect(logger.lines).toHaveLength(1);
    expect(await storage.executions.listUnclosed(10)).toHaveLength(1);
  });
});
