import { index, json, text, timestamp } from 'drizzle-orm/pg-core';

import { circuitBreaker } from './database-schema.js';

const time = (name: string) => timestamp(name, { withTimezone: true }).notNull();

/** Answers that serve whoever asks the same. Times are those of the database's clock. */
export const cachedAnswers = circuitBreaker.table(
  'cached_answers',
  {
    /** SHA-256 of what was asked, hexadecimal. */
    key: text().primaryKey(),
    agentId: text('agent_id').notNull(),
    executionId: text('execution_id').notNull(),
    keptAt: time('kept_at'),
    expiresAt: time('expires_at'),
    answer: json().notNull(),
  },
  (table) => [
    index('cached_answers_of_agent').on(table.agentId),
    index('cached_answers_of_execution').on(table.executionId),
    index('cached_answers_by_end').on(table.expiresAt),
  ],
);

/** Calls of models that others wait for. One whose lease has run out is anybody's. */
export const callsUnderWay = circuitBreaker.table('calls_under_way', {
  key: text().primaryKey(),
  agentId: text('agent_id').notNull(),
  owner: text().notNull(),
  holder: text().notNull(),
  leaseUntil: time('lease_until'),
});
