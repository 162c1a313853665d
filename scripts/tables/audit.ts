import { sql } from 'drizzle-orm';
import { bigint, index, integer, json, text } from 'drizzle-orm/pg-core';

import { circuitBreaker } from './database-schema.js';

/** What was done by whom, in the order of its chain. Only ever inserted, and removed from the beginning. */
export const auditEntries = circuitBreaker.table(
  'audit_entries',
  {
    sequence: bigint({ mode: 'number' }).primaryKey(),
    hash: text().notNull(),
    entry: json().notNull(),
  },
  (table) => [
    index('audit_by_actor').on(sql`(${table.entry}->>'actor')`, table.sequence),
    index('audit_by_action').on(sql`(${table.entry}->>'action')`, table.sequence),
    index('audit_by_subject').on(sql`(${table.entry}->>'subject')`, table.sequence),
    index('audit_by_time').on(sql`(${table.entry}->>'time')`),
  ],
);

/** What waits for its place in the chain: told by the statement that made the change. */
export const auditPending = circuitBreaker.table('audit_pending', {
  id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  entry: json().notNull(),
});

/** The end of the chain: one row. Without it a tail that is cut off would not be missed. */
export const auditHead = circuitBreaker.table('audit_head', {
  id: integer().primaryKey(),
  sequence: bigint({ mode: 'number' }).notNull(),
  hash: text().notNull(),
});

/** Where the chain begins, once its oldest entries are removed: one row, or none. */
export const auditAnchor = circuitBreaker.table('audit_anchor', {
  id: integer().primaryKey(),
  sequence: bigint({ mode: 'number' }).notNull(),
  document: json().notNull(),
});
