import { bigint, boolean, integer, json, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

import { circuitBreaker } from './database-schema.js';

/** A row for each gathered append to a stream; rows are only inserted, and the primary key decides every race. */
export const streamEntries = circuitBreaker.table(
  'stream_entries',
  {
    executionId: text('execution_id').notNull(),
    first: integer().notNull(),
    last: integer().notNull(),
    epoch: bigint({ mode: 'number' }).notNull(),
    opening: text().notNull(),
    turn: integer().notNull(),
    attempt: integer().notNull(),
    closed: boolean().notNull(),
    appendedAt: timestamp('appended_at', { withTimezone: true, precision: 3 }).notNull(),
    events: json().notNull(),
  },
  (table) => [primaryKey({ columns: [table.executionId, table.first] })],
);
