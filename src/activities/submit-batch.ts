import { Context } from '@temporalio/activity';

import type { BatchToSubmit } from '../contract/activities.js';
import type { ActivityParts } from './activity-parts.js';
import { askProvider } from './tell-batch.js';

/**
 * Looks for the batch at its provider before it submits it, every time: an attempt that got lost, or one of a run that was reset, may
 * have submitted it. Null: there is nothing to wait for.
 */
export async function submitBatch(parts: ActivityParts, batch: BatchToSubmit): Promise<string | null> {
  const { storage, batches, logger } = parts;
  const { batchId } = batch;
  const place = { context: Context.current(), batchId };
  const providerBatchId = await askProvider(parts, place, async (signal) => {
    const known = await batches.models.find(batch, signal);
    if (known !== undefined) return known;
    const lines = await storage.batches.requestsIn(batchId);
    return lines.length === 0 ? null : await batches.models.submit(batch, lines, signal);
  });
  if (providerBatchId == null) return null;
  const { type: provider, model } = batch.provider;
  logger.info({ batchId, providerBatchId, provider, model }, 'a batch was submitted');
  return providerBatchId;
}
