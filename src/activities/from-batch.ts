import { batchCostOf } from '../core/executions/cost.js';
import type { ModelCall } from '../contract/activities.js';
import type { ActivityParts } from './activity-parts.js';
import type { AttemptDetails } from './attempt-heartbeat.js';

const NOTHING = {
  type: 'failed',
  code: 'server',
  message: 'The answer of the batch is not there any more.',
} as const;

/** Of what waits for hours: how a provider is now says nothing of it, and it says nothing of how that is now. */
export const NO_BREAKERS: ActivityParts['breakers'] = {
  judge: () => Promise.resolve({ type: 'closed' }),
  claim: () => Promise.resolve(undefined),
  isOpen: () => false,
  watch: () => ({ succeeded: () => undefined, failed: () => Promise.resolve(), dropped: () => undefined }),
};

/**
 * What an attempt asks: in the place of the model what came of the turn in a batch. That is tried once, since it stays as it is; fallbacks
 * are asked as ever.
 */
export async function fromBatch(
  parts: ActivityParts,
  call: ModelCall,
  { at = 0 }: Pick<AttemptDetails, 'at'>,
): Promise<{ readonly parts: ActivityParts; readonly call: ModelCall }> {
  const { isBatched, ...streamed } = call;
  if (isBatched !== true || at > 0) return { parts, call: streamed };
  const { storage, batches } = parts;
  const { executionId, turn, prepared } = call;
  const answer = (await storage.batches.answerOf(executionId, turn)) ?? NOTHING;
  const retry = { ...prepared.retry, maxAttempts: 1 };
  const model = batches.models.answering(answer);
  return {
    parts: { ...parts, model, costOf: batchCostOf(parts.costOf), breakers: NO_BREAKERS },
    call: { ...call, prepared: { ...prepared, retry } },
  };
}
