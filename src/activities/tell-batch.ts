import type { FailedBatch } from '../contract/activities.js';
import type { ActivityParts } from './activity-parts.js';

export type BatchKeeping = Pick<ActivityParts, 'batches' | 'logger' | 'now' | 'storage'>;

const AT_ONCE = 20;

/** Every execution of a batch that has no answer gets this one. */
export async function failBatch(parts: BatchKeeping, { batchId, code, message }: FailedBatch): Promise<void> {
  await parts.storage.batches.answerRest(batchId, { type: 'failed', code, message });
  await tellBatch(parts, batchId);
}

/** Tells the executions of a batch that something came of their lines, which is stored. Those that have left are not told. */
export async function tellBatch({ storage, batches }: BatchKeeping, batchId: string): Promise<void> {
  const waiting = [...(await storage.batches.placesIn(batchId))].filter(({ isAnswered }) => isAnswered);
  const tell = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      await batches.tellAnswered(next.executionId, next.turn);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, tell));
}
