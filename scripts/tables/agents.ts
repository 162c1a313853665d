import { boolean, integer, json, primaryKey, text } from 'drizzle-orm/pg-core';

import { circuitBreaker } from './database-schema.js';

/** A row for each version of an agent. Rows stay when it is deleted: executions tell of them, and no number is used again. */
export const agents = circuitBreaker.table(
  'agents',
  {
    id: text().notNull(),
    version: integer().notNull(),
    document: json().notNull(),
    deleted: boolean().notNull().default(false),
  },
  (table) => [primaryKey({ columns: [table.id, table.version] })],
);
