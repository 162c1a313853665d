import { Context } from '@temporalio/activity';

import { BATCH_TOO_OLD, LONGEST_BATCH_MS } from '../contract/batches.js';
import type { BatchToSubmit } from '../contract/activities.js';
import { ModelError } from '../core/executions/model-error.js';
import type { SubmittedBatch } from '../providers/model-batches.js';
import { keepBeating } from './attempt-heartbeat.js';
import { cancelBatch } from './cancel-batch.js';
import { failBatch, tellBatch, type BatchKeeping } from './tell-batch.js';
import type { ToldTroubles } from './told-troubles.js';

/** Before the Temporal workflow of the batch would: that cannot cancel it. */
const GIVEN_UP_AFTER_MS = LONGEST_BATCH_MS - 60_000;

type TakenBatch = BatchToSubmit & { readonly providerBatchId: string };

/**
 * Whether a batch is over, and all is done that follows from it. The provider has it, and it is paid for: whatever fails at the provider may
 * pass until the next poll.
 */
export async function collectBatch(parts: BatchKeeping, batch: TakenBatch, troubles: ToldTroubles): Promise<boolean> {
  const context = Context.current();
  const signal = context.cancellationSignal;
  const stopBeating = keepBeating(context, () => ({}));
  try {
    const isOver = await isCollected(parts, batch, signal).catch(async (error: unknown) => {
      if (!(error instanceof ModelError)) throw error;
      tellTrouble(parts, batch, { error, troubles });
      // What was read before it failed need not wait.
      await tellBatch(parts, batch.batchId);
      return false;
    });
    return isOver || (await isGivenUp(parts, batch, signal));
  } finally {
    stopBeating();
  }
}

async function isCollected(parts: BatchKeeping, batch: TakenBatch, signal: AbortSignal): Promise<boolean> {
  const state = await parts.batches.models.look(batch, signal);
  if (state.type === 'running') return false;
  await store(parts, batch, { results: state.results, signal });
  await failBatch(parts, { batchId: batch.batchId, ...state.rest });
  return true;
}

/** Of a batch that is not over: whether nobody waits for it any more, or it is older than any. It is cancelled then. */
async function isGivenUp(parts: BatchKeeping, batch: TakenBatch, signal: AbortSignal): Promise<boolean> {
  const { batchId, since } = batch;
  const isWaitedFor = (await parts.storage.batches.placesIn(batchId)).length > 0;
  const isTooOld = Date.parse(parts.now()) - Date.parse(since) > GIVEN_UP_AFTER_MS;
  if (isWaitedFor && !isTooOld) return false;
  if (isWaitedFor) await failBatch(parts, { batchId, ...BATCH_TOO_OLD });
  await cancelBatch(parts, batch, signal);
  return true;
}

interface Trouble {
  readonly error: ModelError;
  readonly troubles: ToldTroubles;
}

function tellTrouble(
  { logger }: BatchKeeping,
  { batchId, providerBatchId }: SubmittedBatch,
  { error: { code, message }, troubles }: Trouble,
): void {
  if (!troubles.add(batchId, code)) return;
  const facts = { batchId, providerBatchId, code, message };
  logger.warn(facts, 'a batch could not be collected: the provider is asked again at each poll');
}

/** Line by line. The first of two lines for one request counts; what belongs to no request is left out. */
async function store(
  { storage, batches, logger }: BatchKeeping,
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
