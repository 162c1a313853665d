import { ApplicationFailure, type Context } from '@temporalio/activity';

import { judgeFailure, retryLimits } from '../core/executions/turn-retry.js';
import { ModelError } from '../core/executions/model-error.js';
import { isJsonObject } from '../core/json/json.js';
import { numberAt } from '../core/json/json-fields.js';
import { keepBeating } from './attempt-heartbeat.js';
import { failBatch, type BatchKeeping } from './tell-batch.js';

/** So often a provider is asked that fails in a way that may pass. */
const MOST_TRIES = 10;
/** Keys that rest are looked at again so often: they may be praised, or there may be others. */
const LONGEST_REST_MS = 300_000;

/** Nobody can say yet whether a batch was submitted: it is asked again, as often as it takes. */
export class UnclearBatch extends Error {
  override readonly name = 'UnclearBatch';

  private constructor(
    message: string,
    readonly retryAfterMs: number,
    readonly candidates: readonly string[] = [],
  ) {
    super(message);
  }

  static unlisted(afterSeconds: number): UnclearBatch {
    const words = 'The provider may have taken this batch a moment ago.';
    return new UnclearBatch(`${words} It is submitted once it should be listed, and is not.`, afterSeconds * 1000);
  }

  static among(candidates: readonly string[], afterSeconds: number): UnclearBatch {
    const some = candidates.slice(0, 3).join(', ');
    const words = `The provider may have taken this batch before a worker got lost: it is one of ${some}, or none.`;
    const then = 'It is submitted once those are over and none of them was it.';
    return new UnclearBatch(`${words} ${then}`, afterSeconds * 1000, candidates);
  }

  static unsaid({ message }: ModelError, afterSeconds: number): UnclearBatch {
    const words = `The provider may have taken this batch, and does not say: ${message}`;
    return new UnclearBatch(`${words} It is asked until it does.`, afterSeconds * 1000);
  }
}

/** What survives an attempt. */
interface AskedBefore {
  /** Failures of the provider so far: neither attempts that were lost or waited, nor failures of our own servers. */
  readonly failures: number;
}

/**
 * Runs what submits a batch, with a heart that beats. A failure that may pass is thrown, for Temporal to try again;
 * one that will not ends the batch, and `undefined` says so.
 */
export async function askProvider<Result>(
  parts: BatchKeeping,
  { context, batchId }: { readonly context: Context; readonly batchId: string },
  ask: (signal: AbortSignal) => Promise<Result>,
): Promise<Result | undefined> {
  const before = askedBefore(context);
  const stopBeating = keepBeating(context, () => before);
  try {
    return await ask(context.cancellationSignal);
  } catch (error) {
    if (error instanceof UnclearBatch)
      throw ApplicationFailure.create({ message: error.message, type: error.name, nextRetryDelay: error.retryAfterMs });
    if (!(error instanceof ModelError)) throw error;
    const { code, message, facts } = error;
    if (facts.heldBack === true) throw heldBack(error);
    const limits = { ...retryLimits(undefined), maxAttempts: MOST_TRIES };
    const failures = before.failures + 1;
    const verdict = judgeFailure(limits, { ...facts, code, failures });
    if (verdict.type === 'retry') {
      context.heartbeat({ failures } satisfies AskedBefore);
      throw ApplicationFailure.create({ message, type: code, nextRetryDelay: Math.max(verdict.delayMs, 1) });
    }
    await failBatch(parts, { batchId, code, message });
    return undefined;
  } finally {
    stopBeating();
  }
}

/** Nobody was asked, since all keys rest: whoever waits for a batch can wait for them, too. */
function heldBack({ code, message, facts: { retryAfterMs = 0 } }: ModelError): ApplicationFailure {
  const nextRetryDelay = Math.max(1, Math.min(retryAfterMs, LONGEST_REST_MS));
  return ApplicationFailure.create({ message, type: code, nextRetryDelay });
}

function askedBefore({ info }: Context): AskedBefore {
  const details: unknown = info.heartbeatDetails;
  const failures = isJsonObject(details) ? numberAt(details, 'failures') : undefined;
  return { failures: failures ?? 0 };
}
