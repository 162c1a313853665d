import { Context } from '@temporalio/activity';

import type { BatchToSubmit } from '../contract/activities.js';
import type { ExecutionErrorCode } from '../core/codes.js';
import { ModelError } from '../core/executions/model-error.js';
import { ownIdIn, type SubmittedBatch } from '../providers/model-batches.js';
import type { BatchSubmission } from '../storage/batch-store.js';
import { askProvider, UnclearBatch } from './ask-provider.js';
import { cancelBatch } from './cancel-batch.js';
import type { BatchKeeping } from './tell-batch.js';

/** What was submitted so long before a batch is none that a look for it comes upon. */
const DAY_MS = 24 * 3600 * 1000;

/** So long after a batch was sent its provider may not list it yet. */
const UNLISTED_MS = 60_000;

const CANCELLING_MS = 60_000;

/**
 * Submits a batch, once. That it is about to is noted before, and what the provider calls it after: where the one is there and not the other,
 * an attempt that got lost, or one of a run that was reset, may have submitted it, so the provider is asked for it first. Null: there is
 * nothing to wait for.
 */
export async function submitBatch(parts: BatchKeeping, batch: BatchToSubmit): Promise<string | null> {
  const { storage, logger } = parts;
  const { batchId } = batch;
  const place = { context: Context.current(), batchId };
  const providerBatchId = await askProvider(parts, place, async (signal) => {
    const submission = await storage.batches.submissionOf(batchId);
    const found = submission?.providerBatchId ?? (await soughtAt(parts, { batch, submission, signal }));
    const known = found === undefined ? undefined : await kept(parts, { ...batch, providerBatchId: found });
    if ((await storage.batches.placesIn(batchId)).length === 0) {
      if (known !== undefined) await cancelBatch(parts, { ...batch, providerBatchId: known }, signal);
      return null;
    }
    return known ?? (await submitted(parts, { batch, submission, signal }));
  });
  if (providerBatchId == null) return null;
  const { type: provider, model } = batch.provider;
  logger.info({ batchId, providerBatchId, provider, model }, 'a batch was submitted');
  return providerBatchId;
}

interface Submitting {
  readonly batch: BatchToSubmit;
  readonly submission: BatchSubmission | undefined;
  readonly signal: AbortSignal;
}

/** What the provider calls a batch that somebody has begun to submit; undefined where it has none. Throws UnclearBatch. */
async function soughtAt(parts: BatchKeeping, { batch, submission, signal }: Submitting): Promise<string | undefined> {
  if (submission === undefined) return undefined;
  const { storage, batches, logger } = parts;
  const since = new Date(Date.parse(submission.firstAt) - DAY_MS).toISOString();
  const others = await storage.batches.submittedSince(since);
  const found = await batches.models.find({ ...batch, ...submission, others }, signal);
  if (found.type === 'found') return found.providerBatchId;
  const candidates = found.type === 'unclear' ? found.candidates : [];
  // The clocks of two workers differ.
  const isUnlisted = Math.abs(Date.parse(parts.now()) - Date.parse(submission.lastAt)) < UNLISTED_MS;
  if (candidates.length === 0 && !isUnlisted) return undefined;
  if ((await storage.batches.placesIn(batch.batchId)).length === 0) return undefined;
  logger.warn(
    { batchId: batch.batchId, candidates },
    'a batch may be submitted already: it is waited until that is clear',
  );
  throw new UnclearBatch(candidates, candidates.length === 0 ? UNLISTED_MS / 1000 : batches.times.pollSeconds);
}

async function submitted(parts: BatchKeeping, { batch, submission, signal }: Submitting): Promise<string> {
  const { storage, batches, now } = parts;
  const { batchId } = batch;
  const lines = await storage.batches.requestsIn(batchId);
  await storage.batches.beginSubmission(batchId, lines.length, now());
  let id: string;
  try {
    id = await batches.models.submit(batch, lines, signal);
  } catch (error) {
    // That this attempt was refused says nothing of an earlier one.
    if (isRefused(error) && submission === undefined) await storage.batches.dropSubmission(batchId);
    throw error;
  }
  return await kept(parts, { ...batch, providerBatchId: id });
}

/** The batch that counts: the first of which was noted what the provider calls it. Another one is cancelled. */
async function kept(parts: BatchKeeping, batch: SubmittedBatch): Promise<string> {
  const { batchId, providerBatchId } = batch;
  const { batches } = parts.storage;
  await batches.endSubmission(batchId, providerBatchId);
  const first = (await batches.submissionOf(batchId))?.providerBatchId ?? providerBatchId;
  // Two keys may see the same batch. Who was frozen has been given up, and its own signal is aborted.
  if (ownIdIn(first) !== ownIdIn(providerBatchId)) await cancelBatch(parts, batch, AbortSignal.timeout(CANCELLING_MS));
  return first;
}

/** With these a provider says for certain that it took nothing. */
const REFUSALS: readonly ExecutionErrorCode[] = ['auth', 'quota', 'rate_limit', 'invalid_request', 'model_not_found'];

function isRefused(error: unknown): boolean {
  return error instanceof ModelError && REFUSALS.includes(error.code);
}
