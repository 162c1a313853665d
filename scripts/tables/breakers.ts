import { index, json, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

import { circuitBreaker } from './database-schema.js';

/** A row for each model that has failed lately: gone once a call of it succeeds, or nobody has changed it for a day. */
export const breakers = circuitBreaker.table(
  'breakers',
  {
    provider: text().notNull(),
    origin: text().notNull(),
    model: text().notNull(),
    state: json().notNull(),
    version: text().notNull(),
    changedAt: timestamp('changed_at', { withTimezone: true }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.provider, table.origin, table.model] }),
    index('breakers_oldest').on(table.changedAt),
  ],
);
