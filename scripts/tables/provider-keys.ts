import { index, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

import { circuitBreaker } from './database-schema.js';

/** Which keys of providers rest, and until when; a row that is over is removed by the next that is written. No key is in it. */
export const providerKeys = circuitBreaker.table(
  'provider_keys',
  {
    endpoint: text().notNull(),
    kind: text().notNull(),
    /** Empty: whatever the model. */
    model: text().notNull(),
    madeAt: timestamp('made_at', { withTimezone: true }).notNull(),
    until: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.endpoint, table.kind, table.model] }),
    index('provider_keys_over').on(table.until),
  ],
);
