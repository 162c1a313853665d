import { index, integer, json, primaryKey, text } from 'drizzle-orm/pg-core';

import { circuitBreaker } from './database-schema.js';

/** A row for each version of a workflow definition; rows are never changed. */
export const workflows = circuitBreaker.table(
  'workflows',
  {
    id: text().notNull(),
    version: integer().notNull(),
    hash: text().notNull(),
    /** RFC 3339, UTC, milliseconds: sorts as it reads. */
    createdAt: text('created_at').notNull(),
    document: json().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.id, table.version] }),
    index('workflows_newest').on(table.createdAt, table.id),
  ],
);
