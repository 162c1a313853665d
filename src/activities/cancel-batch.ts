import { ModelError } from '../core/executions/model-error.js';
import type { SubmittedBatch } from '../providers/model-batches.js';
import type { ActivityParts } from './activity-parts.js';

/** Tells the provider of a batch that nobody waits for it any more, once: what comes of it is of nobody in any case. */
export async function cancelBatch(
  { batches, logger }: Pick<ActivityParts, 'batches' | 'logger'>,
  batch: SubmittedBatch,
  signal: AbortSignal,
): Promise<void> {
  const { batchId, providerBatchId } = batch;
  try {
    await batches.models.cancel(batch, signal);
    logger.info({ batchId, providerBatchId }, 'a batch for which nobody waits any more was cancelled');
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    const { code, message } = error;
    logger.warn({ batchId, providerBatchId, code, message }, 'a batch for which nobody waits could not be cancelled');
  }
}
