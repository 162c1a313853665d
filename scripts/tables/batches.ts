import { sql } from 'drizzle-orm';
import { index, integer, json, primaryKey, text } from 'drizzle-orm/pg-core';

import { circuitBreaker } from './database-schema.js';

/** A row for each turn that waits for a batch, or has left: what says so keeps an attempt that comes late from joining. */
export const batchRequests = circuitBreaker.table(
  'batch_requests',
  {
    executionId: text('execution_id').notNull(),
    turn: integer().notNull(),
    customId: text('custom_id').notNull(),
    groupId: text('group_id').notNull(),
    path: text().notNull(),
    body: text().notNull(),
    joinedAt: text('joined_at').notNull(),
    /** Our own id of the batch that has it; null before. */
    batchId: text('batch_id'),
    answer: json(),
    /** The run of the Temporal workflow that has left; null: it waits. */
    leftRun: text('left_run'),
  },
  (table) => [
    primaryKey({ columns: [table.executionId, table.turn] }),
    index('batch_requests_in_batch').on(table.batchId, table.customId),
    index('batch_requests_waiting')
      .on(table.groupId, table.joinedAt)
      .where(sql`${table.batchId} is null`),
    index('batch_requests_oldest').on(table.joinedAt),
  ],
);

/** A row for each batch that somebody has begun to submit. */
export const batchSubmissions = circuitBreaker.table(
  'batch_submissions',
  {
    batchId: text('batch_id').primaryKey(),
    firstAt: text('first_at').notNull(),
    lastAt: text('last_at').notNull(),
    lines: integer().notNull(),
    /** Null until somebody has heard that the provider took it. */
    providerBatchId: text('provider_batch_id'),
    /** Which of several keys it was sent with; null where an earlier version sent it. */
    account: text(),
  },
  (table) => [index('batch_submissions_latest').on(table.lastAt)],
);
