import { forgottenBefore } from '../core/agents/delivery.js';
import type { ActivityParts } from './activity-parts.js';

/** What one batch has, within the limits of every provider, and of our memory: it is sent from there. */
const LIMITS = { lines: 10_000, bytes: 16 * 1024 * 1024 };

export async function claimBatch(
  { storage, now }: ActivityParts,
  { groupId, batchId }: { readonly groupId: string; readonly batchId: string },
): Promise<number> {
  await storage.batches.forgetBefore(forgottenBefore(now()));
  return await storage.batches.claim(groupId, batchId, LIMITS);
}
