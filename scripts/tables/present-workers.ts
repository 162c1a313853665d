import { integer, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

import { circuitBreaker } from './database-schema.js';

/**
 * A row for each worker that is here, until it says goodbye or has been missed for long. Not logged, as its migration says: a
 * server that was itself down, or takes over from another one, begins without any.
 */
export const presentWorkers = circuitBreaker.table('present_workers', {
  /** The second half of the advisory lock that it holds as long as it lives. */
  id: integer().primaryKey(),
  name: text().notNull(),
  /** Since when nobody holds its lock; null: somebody does. */
  missingSince: timestamp('missing_since', { withTimezone: true }),
  /** When its calls were last taken from it. */
  failedAt: timestamp('failed_at', { withTimezone: true }),
});

/** A row for each call that such a worker is at, not logged either. */
export const workerCalls = circuitBreaker.table(
  'worker_calls',
  {
    worker: integer().notNull(),
    number: integer().notNull(),
    call: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.worker, table.number] })],
);
