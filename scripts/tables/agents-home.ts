import { integer, text } from 'drizzle-orm/pg-core';

import { circuitBreaker } from './database-schema.js';

/** What became of definitions that are saved in two servers: a row while agents may ask for it. */
export const definitionBatches = circuitBreaker.table('definition_batches', {
  id: text().primaryKey(),
  outcome: text().notNull(),
});

/** How many entries the audit has been told of an execution that another server keeps: the last time, and the time before. */
export const toldEntries = circuitBreaker.table('told_entries', {
  subject: text().primaryKey(),
  number: integer().notNull(),
  previous: integer().notNull(),
});
