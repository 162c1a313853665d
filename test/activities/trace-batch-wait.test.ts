import { SpanKind } from '@opentelemetry/api';
import { beforeEach, describe, expect, it } from 'vitest';

import { traceBatchWait } from '../../src/activities/trace-batch-wait.js';
import { openStorage } from '../../src/storage/open-storage.js';
import type { Storage } from '../../src/storage/storage.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { traced } from '../support/traces.js';

const PLACE = { executionId: 'e', turn: 2 };
const EXECUTION = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), isSampled: true };
const [JOINED, SENT] = ['2026-11-30T05:00:00.000Z', '2026-11-30T05:10:00.000Z'];

describe('the wait of a turn for its batch', () => {
  let storage: Storage;
  beforeEach(async () => {
    ({ storage } = await openStorage('memory:', { logger: new MemoryLogger() }));
  });

  async function told() {
    const { traces, spans } = traced();
    const start = { name: 'leaveBatch', kind: SpanKind.INTERNAL, parent: EXECUTION, lasting: EXECUTION };
    await traces.part(start, () => traceBatchWait({ storage, traces }, PLACE));
    return spans.filter(({ name }) => name !== 'leaveBatch');
  }

  async function join(): Promise<void> {
    const request = { ...PLACE, customId: 'line', groupId: 'group', path: '/', body: 'the words of a user' };
    await storage.batches.join(request, { runId: 'run', now: JOINED });
  }

  it('hangs from its execution, and says when the batch was sent, as what, and whether it answered', async () => {
    await join();
    await storage.batches.claim('group', 'batch', { lines: 10, bytes: 1000 });
    await storage.batches.beginSubmission('batch', { accounts: ['one'], lines: 7, now: SENT });
    await storage.batches.endSubmission('batch', 'batch_of_provider');
    await storage.batches.answer('batch', 'line', { type: 'failed', code: 'timeout', message: 'It expired.' });
    const [span, ...others] = await told();
    expect(others).toEqual([]);
    expect(span).toMatchObject({
      ...{ name: 'wait for batch', traceId: EXECUTION.traceId, parentSpanId: EXECUTION.spanId },
      startMs: Date.parse(JOINED),
      attributes: {
        'circuit_breaker.execution.id': 'e',
        'circuit_breaker.turn': 2,
        'circuit_breaker.batch.id': 'batch',
        'circuit_breaker.batch.provider_id': 'batch_of_provider',
        'circuit_breaker.batch.lines': 7,
        'circuit_breaker.batch.is_answered': true,
      },
      events: [{ name: 'submitted', atMs: Date.parse(SENT) }],
    });
    expect(JSON.stringify(span)).not.toContain('words of a user');
    expect((await told())[0]?.spanId).toBe(span?.spanId);
  });

  it('does not say that a batch was sent of which nobody knows whether its provider has it', async () => {
    await join();
    await storage.batches.claim('group', 'batch', { lines: 10, bytes: 1000 });
    await storage.batches.beginSubmission('batch', { accounts: ['one'], lines: 7, now: SENT });
    expect(await told()).toMatchObject([{ attributes: { 'circuit_breaker.batch.lines': 7 }, events: [] }]);
  });

  it('is told also where nobody has gathered it, and not where it has left', async () => {
    await join();
    expect(await told()).toMatchObject([{ attributes: { 'circuit_breaker.batch.is_answered': false }, events: [] }]);
    await storage.batches.leave(PLACE, { runId: 'run', now: SENT });
    expect(await told()).toEqual([]);
  });
});
