import { ApplicationFailure, Context } from '@temporalio/activity';

import { BATCH_TOO_OLD, LONGEST_BATCH_MS } from '../contract/batches.js';
import type { BatchToSubmit } from '../contract/activities.js';
import { ModelError } from '../core/executions/model-error.js';
import { isJsonObject } from '../core/json/json.js';
import { numberAt } from '../core/json/json-fields.js';
import type { SubmittedBatch } from '../providers/model-batches.js';
import { keepBeating } from './attempt-heartbeat.js';
import { cancelBatch } from './cancel-batch.js';
import { failBatch, tellBatch, type BatchKeeping } from './tell-batch.js';
import type { ToldTroubles } from './told-troubles.js';

/** Before the Temporal workflow of the batch would: that cannot cancel it. */
const GIVEN_UP_AFTER_MS = LONGEST_BATCH_MS - 60_000;

/** So often in a row a provider is asked for a batch that it does not know. */
const MOST_MISSES = 10;
const LONGEST_PAUSE_SECONDS = 60;
const MISSING: readonly (number | undefined)[] = [404, 410];
const UNKNOWN = {
  code: 'server',
  message: 'The provider does not know the batch of this execution any more.',
} as const;

/** What survives an attempt. */
interface AskedBefore {
  /** How often in a row the provider did not know the batch. */
  readonly misses: number;
}

type TakenBatch = BatchToSubmit & { readonly providerBatchId: string };

/**
 * Whether a batch is over, and all is done that follows from it. The provider has it, and it is paid for: whatever fails at the provider may
 * pass until the next poll. Only that it does not know the batch will not: it is asked a few times more, in further attempts.
 */
export async function collectBatch(parts: BatchKeeping, batch: TakenBatch, troubles: ToldTroubles): Promise<boolean> {
  const context = Context.current();
  const signal = context.cancellationSignal;
  const before = askedBefore(context);
  const stopBeating = keepBeating(context, () => before);
  try {
    const failure = await collected(parts, batch, signal);
    if (typeof failure === 'boolean') return failure || (await isGivenUp(parts, batch, signal));
    tellTrouble(parts, batch, { error: failure, troubles });
    // What was read before it failed need not wait.
    await tellBatch(parts, batch.batchId);
    if (await isGivenUp(parts, batch, signal)) return true;
    if (!MISSING.includes(failure.facts.status)) return false;
    const misses = before.misses + 1;
    if (misses < MOST_MISSES) throw askedAgain(parts, context, { misses });
    await failBatch(parts, { batchId: batch.batchId, ...UNKNOWN });
    return true;
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

/** Whether it is over, or why nobody can say. */
async function collected(parts: BatchKeeping, batch: TakenBatch, signal: AbortSignal): Promise<boolean | ModelError> {
  try {
    return await isCollected(parts, batch, signal);
  } catch (error) {
    if (error instanceof ModelError) return error;
    throw error;
  }
}

function askedBefore({ info }: Context): AskedBefore {
  const details: unknown = info.heartbeatDetails;
  return { misses: (isJsonObject(details) ? numberAt(details, 'misses') : undefined) ?? 0 };
}

/** A list that lags behind, or a gateway that is being mended, may not know a batch for a while. */
function askedAgain({ batches }: BatchKeeping, context: Context, asked: AskedBefore): ApplicationFailure {
  context.heartbeat(asked);
  const seconds = Math.min(batches.times.pollSeconds, LONGEST_PAUSE_SECONDS);
  return ApplicationFailure.create({ message: UNKNOWN.message, type: 'UnknownBatch', nextRetryDelay: seconds * 1000 });
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
