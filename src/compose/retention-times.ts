import type { Config } from '../config.js';
import type { SweepParts } from '../reconcile/sweep.js';

const DAY_MS = 86_400_000;

/** What the sweep goes by. */
export function retentionTimes({
  retentionDays,
  streamRetentionSeconds,
}: Pick<Config, 'retentionDays' | 'streamRetentionSeconds'>): Pick<SweepParts, 'retention' | 'retentionMs'> {
  const { tokens, executions, conversations } = retentionDays;
  const retention = {
    ...(tokens === undefined ? {} : { tokens: tokens * DAY_MS }),
    ...(executions === undefined ? {} : { executions: executions * DAY_MS }),
    ...(conversations === undefined ? {} : { conversations: conversations * DAY_MS }),
  };
  return { retention, retentionMs: streamRetentionSeconds * 1000 };
}
