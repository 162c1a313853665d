import type { Storage } from '../storage/storage.js';
import type { StreamLog } from '../streams/stream-log.js';

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
 */
export async function expireStreams({ storage, streams, retentionMs, now }: ExpiryParts): Promise<void> {
  const endedBefore = new Date(Date.parse(now()) - retentionMs).toISOString();
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    const ids = await storage.executions.listExpiredStreams(endedBefore, BATCH);
    if (ids.length === 0) return;
    await streams.remove(ids);
    await storage.executions.markStreamsRemoved(ids);
  }
}
