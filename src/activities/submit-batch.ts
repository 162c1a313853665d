import { Context } from '@temporalio/activity';

import type { BatchToSubmit } from '../contract/activities.js';
import type { ExecutionErrorCode } from '../core/codes.js';
import { ModelError } from '../core/executions/model-error.js';
import type { BatchSubmission } from '../storage/batch-store.js';
import type { ActivityParts } from './activity-parts.js';
import { cancelBatch } from './cancel-batch.js';
import { askProvider, UnclearBatch } from './tell-batch.js';

/** What was submitted so long before a batch is none that a look for it comes upon. */
const DAY_MS = 24 * 3600 * 1000;

/**
 * Submits a batch, once. That it is about to is noted before, and what the provider calls it after: where the one is there and not the other,
 * an attempt that got lost, or one of a run that was reset, may have submitted it, so the provider is asked for it first. Null: there is
 * nothing to wait for.
 */
export async function submitBatch(parts: ActivityParts, batch: BatchToSubmit): Promise<string | null> {
  const { storage, logger } = parts;
  const { batchId } = batch;
  const place = { context: Context.current(), batchId };
  const providerBatchId = await askProvider(parts, place, async (signal) => {
    const submission = await storage.batches.submissionOf(batchId);
    const known = submission?.providerBatchId ?? (await soughtAt(parts, { batch, submission, signal }));
    if (known !== undefined) await storage.batches.endSubmission(batchId, known);
    if ((await storage.batches.placesIn(batchId)).length === 0) {
      if (known !== undefined) await cancelBatch(parts, { ...batch, providerBatchId: known }, signal);
      return null;
    }
    return known ?? (await submitted(parts, batch, signal));
  });
  if (providerBatchId == null) return null;
  const { type: provider, model } = batch.provider;
  logger.info({ batchId, providerBatchId, provider, model }, 'a batch was submitted');
  return providerBatchId;
}

interface Seeking {
  readonly batch: BatchToSubmit;
  readonly submission: BatchSubmission | undefined;
  readonly signal: AbortSignal;
}

/** What the provider calls a batch that somebody has begun to submit; undefined where it has none. Throws UnclearBatch. */
async function soughtAt(parts: ActivityParts, { batch, submission, signal }: Seeking): Promise<string | undefined> {
  if (submission === undefined) return undefined;
  const { storage, batches, logger } = parts;
  const since = new Date(Date.parse(submission.firstAt) - DAY_MS).toISOString();
  const others = await storage.batches.submittedSince(since);
  const found = await batches.models.find({ ...batch, ...submission, others }, signal);
  if (found.type !== 'unclear') return found.type === 'found' ? found.providerBatchId : undefined;
  if ((await storage.batches.placesIn(batch.batchId)).length === 0) return undefined;
  const { candidates } = found;
  logger.warn({ batchId: batch.batchId, candidates }, 'a batch may be submitted already: it is waited for those');
  throw new UnclearBatch(candidates, parts.batches.times.pollSeconds);
}

async function submitted(parts: ActivityParts, batch: BatchToSubmit, signal: AbortSignal): Promise<string> {
  const { storage, batches, now } = parts;
  const { batchId } = batch;
  const lines = await storage.batches.requestsIn(batchId);
  await storage.batches.beginSubmission(batchId, lines.length, now());
  let id: string;
  try {
    id = await batches.models.submit(batch, lines, signal);
  } catch (error) {
    if (isRefused(error)) await storage.batches.dropSubmission(batchId);
    throw error;
  }
  await storage.batches.endSubmission(batchId, id);
  return id;
}

/** With these a provider says for certain that it took nothing. */
const REFUSALS: readonly ExecutionErrorCode[] = ['auth', 'quota', 'rate_limit', 'invalid_request', 'model_not_found'];

function isRefused(error: unknown): boolean {
  return error instanceof ModelError && REFUSALS.includes(error.code);
}
