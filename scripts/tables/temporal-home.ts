import { integer, json } from 'drizzle-orm/pg-core';

import { circuitBreaker } from './database-schema.js';

/** The Temporal namespace that everything here belongs to: one row, or none. */
export const temporalHome = circuitBreaker.table('temporal_home', {
  id: integer().primaryKey(),
  document: json().notNull(),
});
