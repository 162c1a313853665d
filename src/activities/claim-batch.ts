import { LONGEST_MAX_WAIT_SECONDS } from '../core/agents/delivery.js';
import type { ActivityParts } from './activity-parts.js';

/** What one batch has, within the limits of every provider, and of our memory: it is sent from there. */
const LIMITS = { lines: 10_000, bytes: 16 * 1024 * 1024 };
/** A day beyond the longest wait: whoever waited has been ended from outside. */
const FORGOTTEN_AFTER_MS = (LONGEST_MAX_WAIT_SECONDS + 24 * 3600) * 1000;

export async function claimBatch(
  { storage, now }: ActivityParts,
  { groupId, batchId }: { readonly groupId: string; readonly batchId: string },
): Promise<number> {
  await storage.batches.forgetBefore(new Date(Date.parse(now()) - FORGOTTEN_AFTER_MS).toISOString());
  return await storage.batches.claim(groupId, batchId, LIMITS);
}
