import { sql } from 'drizzle-orm';
import { bigint, index, integer, json, primaryKey, text, timestamp, uniqueIndex } from 'drizzle-orm/pg-core';

import { circuitBreaker } from './database-schema.js';

/** What each process counted within some seconds, of the last minutes. */
export const alertTallies = circuitBreaker.table(
  'alert_tallies',
  {
    processId: text('process_id').notNull(),
    number: integer().notNull(),
    tally: json().notNull(),
    toldAt: timestamp('told_at', { withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.processId, table.number] }), index('alert_tallies_oldest').on(table.toldAt)],
);

/** When something that all processes share happened last. */
export const alertMarks = circuitBreaker.table('alert_marks', {
  name: text().primaryKey(),
  madeAt: timestamp('made_at', { withTimezone: true }).notNull(),
});

/** Alerts that have fired: of a name and a subject one is open at a time. */
export const alerts = circuitBreaker.table(
  'alerts',
  {
    id: text().primaryKey(),
    name: text().notNull(),
    subject: text().notNull(),
    workflowId: text('workflow_id'),
    since: text().notNull(),
    endedAt: text('ended_at'),
    document: json().notNull(),
  },
  (table) => [
    uniqueIndex('alerts_open')
      .on(table.name, table.subject)
      .where(sql`${table.endedAt} is null`),
    index('alerts_newest').on(table.since, table.id),
    index('alerts_ended').on(table.endedAt),
  ],
);

/** What the webhook has still to be told. */
export const alertMessages = circuitBreaker.table(
  'alert_messages',
  {
    id: text().primaryKey(),
    alertId: text('alert_id').notNull(),
    number: bigint({ mode: 'number' }).generatedAlwaysAsIdentity().notNull(),
    body: text().notNull(),
    madeAt: timestamp('made_at', { withTimezone: true }).notNull(),
    dueAt: timestamp('due_at', { withTimezone: true }).notNull(),
    attempts: integer().notNull(),
  },
  (table) => [
    index('alert_messages_due').on(table.dueAt),
    index('alert_messages_of_alert').on(table.alertId, table.number),
  ],
);
