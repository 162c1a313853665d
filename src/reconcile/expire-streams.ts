import { isAway } from '../core/errors.js';
import type { Storage } from '../storage/storage.js';
import type { StreamLog } from '../streams/stream-log.js';
import type { RetryLater } from './retry-later.js';

export interface ExpiryParts {
  readonly storage: Pick<Storage, 'executions'>;
  readonly streams: Pick<StreamLog, 'remove'>;
  /** How long a closed stream stays in its log after the end of its execution. */
  readonly retentionMs: number;
  readonly now: () => string;
}

const BATCH = 100;
/** One round may remove so many; the next goes on. */
const MAX_BATCHES = 100;

/**
 * Removes streams whose time is over from their log, batch by batch. They are answered from the stored execution then.
 * Safe with many processes and when it is cut off: removing twice is removing once, and what is not marked comes again.
 * No other waits for one that cannot be removed.
 */
export async function expireStreams(parts: ExpiryParts, later: RetryLater): Promise<void> {
  const { storage, retentionMs, now } = parts;
  const endedBefore = new Date(Date.parse(now()) - retentionMs).toISOString();
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    const ids = await storage.executions.listExpiredStreams(endedBefore, BATCH, later.waiting);
    if (ids.length === 0) return;
    if (await areRemoved(parts, ids)) continue;
    for (const id of ids) await later.attempt(id, () => remove(parts, [id]));
  }
}

/** Removes all of them in one call; false when any of them cannot be removed. */
async function areRemoved(parts: ExpiryParts, ids: readonly string[]): Promise<boolean> {
  try {
    await remove(parts, ids);
    return true;
  } catch (error) {
    if (isAway(error)) throw error;
    return false;
  }
}

async function remove({ storage, streams }: ExpiryParts, ids: readonly string[]): Promise<void> {
  await streams.remove(ids);
  await storage.executions.markStreamsRemoved(ids);
}
