import { integer, json, primaryKey, text } from 'drizzle-orm/pg-core';

import { circuitBreaker } from './database-schema.js';

/** A row for each version of an agent; rows are never changed. */
export const agents = circuitBreaker.table(
  'agents',
  {
    id: text().notNull(),
    version: integer().notNull(),
    document: json().notNull(),
  },
  (table) => [primaryKey({ columns: [table.id, table.version] })],
);
