import { ApplicationFailure, type Context } from '@temporalio/activity';

import type { FailedBatch } from '../contract/activities.js';
import { judgeFailure, retryLimits } from '../core/executions/turn-retry.js';
import { ModelError } from '../core/executions/model-error.js';
import type { ActivityParts } from './activity-parts.js';

/** So often a provider is asked that fails in a way that may pass. */
const MOST_TRIES = 10;
const AT_ONCE = 20;
const BEAT_EVERY_MS = 1000;

/** Every execution of a batch that has no answer gets this one. */
export async function failBatch(parts: ActivityParts, { batchId, code, message }: FailedBatch): Promise<void> {
  await parts.storage.batches.answerRest(batchId, { type: 'failed', code, message });
  await tellBatch(parts, batchId);
}

/** Tells the executions of a batch that something came of their lines, which is stored. Those that have left are not told. */
async function tellBatch({ storage, batches }: ActivityParts, batchId: string): Promise<void> {
  const waiting = [...(await storage.batches.placesIn(batchId))].filter(({ isAnswered }) => isAnswered);
  const tell = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      await batches.tellAnswered(next.executionId, next.turn);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, tell));
}

/**
 * Runs what speaks to the provider of a batch, with a heart that beats. A failure that may pass is thrown, for Temporal to try again;
 * one that will not ends the batch, and `undefined` says so.
 */
export async function askProvider<Result>(
  parts: ActivityParts,
  { context, batchId }: { readonly context: Context; readonly batchId: string },
  ask: (signal: AbortSignal) => Promise<Result>,
): Promise<Result | undefined> {
  context.heartbeat();
  const timer = setInterval(() => {
    context.heartbeat();
  }, BEAT_EVERY_MS);
  try {
    return await ask(context.cancellationSignal);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    const { code, message, facts } = error;
    const limits = { ...retryLimits(undefined), maxAttempts: MOST_TRIES };
    const verdict = judgeFailure(limits, { ...facts, code, failures: context.info.attempt });
    if (verdict.type === 'retry')
      throw ApplicationFailure.create({ message, type: code, nextRetryDelay: Math.max(verdict.delayMs, 1) });
    await failBatch(parts, { batchId, code, message });
    return undefined;
  } finally {
    clearInterval(timer);
  }
}
