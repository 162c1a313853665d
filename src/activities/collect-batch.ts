import { Context } from '@temporalio/activity';

import type { BatchToSubmit } from '../contract/activities.js';
import type { SubmittedBatch } from '../providers/model-batches.js';
import type { ActivityParts } from './activity-parts.js';
import { cancelBatch } from './cancel-batch.js';
import { askProvider, failBatch } from './tell-batch.js';

/** Whether a batch is over, and all is done that follows from it. */
export async function collectBatch(
  parts: ActivityParts,
  batch: BatchToSubmit & { readonly providerBatchId: string },
): Promise<boolean> {
  const { models } = parts.batches;
  const place = { context: Context.current(), batchId: batch.batchId };
  const isOver = await askProvider(parts, place, async (signal) => {
    const state = await models.look(batch, signal);
    if (state.type === 'running') {
      if ((await parts.storage.batches.placesIn(batch.batchId)).length > 0) return false;
      await cancelBatch(parts, batch, signal);
      return true;
    }
    await store(parts, batch, { results: state.results, signal });
    await failBatch(parts, { batchId: batch.batchId, ...state.rest });
    return true;
  });
  return isOver ?? true;
}

/** Line by line. The first of two lines for one request counts; what belongs to no request is left out. */
async function store(
  { storage, batches, logger }: ActivityParts,
  batch: SubmittedBatch,
  { results, signal }: { readonly results: readonly string[]; readonly signal: AbortSignal },
): Promise<void> {
  const { batchId, providerBatchId } = batch;
  let [lines, unknown] = [0, 0];
  const unreadable = new Set<string>();
  for await (const line of batches.models.results(batch, results, signal)) {
    lines += 1;
    if ('unreadable' in line) unreadable.add(line.unreadable);
    else if (!(await storage.batches.answer(batchId, line.customId, line.answer))) unknown += 1;
  }
  const told = { batchId, providerBatchId, lines, unknown, unreadable: [...unreadable] };
  logger.info(told, 'a batch is over: lines that are of no execution (any more) were left out');
}
