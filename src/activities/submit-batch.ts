import { Context } from '@temporalio/activity';

import type { BatchToSubmit } from '../contract/activities.js';
import type { ExecutionErrorCode } from '../core/codes.js';
import { ModelError } from '../core/executions/model-error.js';
import { ownIdIn, type FoundBatch, type SubmittedBatch } from '../providers/model-batches.js';
import type { BatchRequest, BatchSubmission, BegunSubmission } from '../storage/batch-store.js';
import { askProvider, UnclearBatch } from './ask-provider.js';
import { cancelBatch } from './cancel-batch.js';
import type { BatchKeeping } from './tell-batch.js';

/** What was submitted so long before a batch is none that a look for it comes upon. */
const DAY_MS = 24 * 3600 * 1000;

/** So long after a batch was sent its provider may not list it yet. */
const UNLISTED_MS = 60_000;

/** So long after a provider did not say whether it has a batch it is asked again. */
const UNSAID_SECONDS = 60;

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
  const found = await batches.models.find({ ...batch, ...submission, others }, signal).catch(ifRefused);
  if (!(found instanceof ModelError) && found.type === 'found') return found.providerBatchId;
  const unclear = unclearBatch(parts, found, submission);
  if (unclear === undefined || (await storage.batches.placesIn(batch.batchId)).length === 0) return undefined;
  const { batchId } = batch;
  const { message, candidates } = unclear;
  logger.warn({ batchId, candidates, message }, 'a batch may be submitted already: it is waited until that is clear');
  throw unclear;
}

/** Why it is not clear yet whether somebody has submitted a batch, by what the provider said of it; undefined: nobody has. */
function unclearBatch(
  { batches, now }: BatchKeeping,
  found: FoundBatch | ModelError,
  { lastAt }: BatchSubmission,
): UnclearBatch | undefined {
  if (found instanceof ModelError) return UnclearBatch.unsaid(found, UNSAID_SECONDS);
  if (found.type === 'unclear') return UnclearBatch.among(found.candidates, batches.times.pollSeconds);
  // The clocks of two workers differ.
  const isUnlisted = Math.abs(Date.parse(now()) - Date.parse(lastAt)) < UNLISTED_MS;
  return isUnlisted ? UnclearBatch.unlisted(UNLISTED_MS / 1000) : undefined;
}

/** It may have the batch: that it does not say, or refuses the key, ends nothing. */
function ifRefused(error: unknown): ModelError {
  if (error instanceof ModelError) return error;
  throw error;
}

async function submitted(parts: BatchKeeping, submitting: Submitting): Promise<string> {
  const { storage, batches } = parts;
  const { batch, submission } = submitting;
  const requests = await storage.batches.requestsIn(batch.batchId);
  // Where an attempt was sent that may have arrived, there the batch stays.
  let accounts =
    submission?.account === undefined ? await batches.models.accounts(batch) : ([submission.account] as const);
  for (;;) {
    const sent = await sentTo(parts, { ...submitting, accounts, requests });
    if ('id' in sent) return await kept(parts, { ...batch, providerBatchId: sent.id });
    const [first, ...others] = accounts.filter((account) => account !== sent.account);
    if (first === undefined || submission !== undefined || !ofItsKey(sent.refusal)) throw sent.refusal;
    accounts = [first, ...others];
  }
}

interface Sending extends Submitting {
  readonly accounts: BegunSubmission['accounts'];
  readonly requests: readonly BatchRequest[];
}

/** Sends a batch to the account that has the least to do. Gives what it refused it with, where it took nothing for certain. */
async function sentTo(
  { storage, batches, now }: BatchKeeping,
  { batch, submission, accounts, requests, signal }: Sending,
): Promise<{ readonly id: string } | { readonly account: string; readonly refusal: ModelError }> {
  const { batchId } = batch;
  const begun = { accounts, lines: requests.length, now: now() };
  const account = await storage.batches.beginSubmission(batchId, begun);
  try {
    return { id: await batches.models.submit({ ...batch, account }, requests, signal) };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    // That this attempt was refused says nothing of an earlier one, nor of one that came while this one was frozen.
    if (submission === undefined) await storage.batches.dropSubmission(batchId, begun.now);
    return { account, refusal: error };
  }
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

function isRefusal(error: unknown): error is ModelError {
  return error instanceof ModelError && REFUSALS.includes(error.code);
}

/** Another key may be taken. */
function ofItsKey({ code }: ModelError): boolean {
  return code === 'auth' || code === 'quota' || code === 'rate_limit';
}
