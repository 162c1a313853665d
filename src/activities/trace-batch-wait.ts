import { SpanKind } from '@opentelemetry/api';

import type { BatchRequest } from '../storage/batch-store.js';
import { derivedSpanId } from '../telemetry/trace-context.js';
import type { ActivityParts } from './activity-parts.js';

/**
 * Tells how long a turn has waited for its batch, until now: with its execution, and with when the batch was sent, so that whoever looks at a slow one sees
 * whether requests were gathered meanwhile, or its provider worked. To be called before the turn leaves. A second attempt tells of the same span.
 */
export async function traceBatchWait(
  { storage, traces }: Pick<ActivityParts, 'storage' | 'traces'>,
  { executionId, turn }: Pick<BatchRequest, 'executionId' | 'turn'>,
): Promise<void> {
  const execution = traces.current()?.lasting;
  if (execution === undefined) return;
  const wait = await storage.batches.waitOf(executionId, turn);
  if (wait === undefined) return;
  const { joinedAt, batchId, isAnswered } = wait;
  const submission = batchId === undefined ? undefined : await storage.batches.submissionOf(batchId);
  const { providerBatchId, lines, lastAt } = submission ?? {};
  // Without its provider's id nobody knows whether it was taken.
  const isSubmitted = providerBatchId !== undefined && lastAt !== undefined;
  const startMs = Date.parse(joinedAt);
  traces.tell({
    traceId: execution.traceId,
    spanId: derivedSpanId(execution.traceId, 'batch', executionId, String(turn)),
    parentSpanId: execution.spanId,
    name: 'wait for batch',
    kind: SpanKind.INTERNAL,
    ...{ startMs, endMs: Math.max(startMs, Date.now()) },
    attributes: {
      'circuit_breaker.execution.id': executionId,
      'circuit_breaker.turn': turn,
      'circuit_breaker.batch.is_answered': isAnswered,
      ...(batchId === undefined ? {} : { 'circuit_breaker.batch.id': batchId }),
      ...(providerBatchId === undefined ? {} : { 'circuit_breaker.batch.provider_id': providerBatchId }),
      ...(lines === undefined ? {} : { 'circuit_breaker.batch.lines': lines }),
    },
    events: !isSubmitted ? [] : [{ name: 'submitted', atMs: Date.parse(lastAt), attributes: {} }],
    links: [],
  });
}
