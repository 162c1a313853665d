import { sql } from 'drizzle-orm';
import { bigint, boolean, index, integer, json, primaryKey, text } from 'drizzle-orm/pg-core';

import { circuitBreaker } from './database-schema.js';

/** Numbers the events of all tokens, in the order of the feed. Taken only by those who have entered it. */
export const tokenFeed = circuitBreaker.sequence('token_feed');

/** The read model of tokens, and per token how many events there are and which of its run are in. */
export const tokens = circuitBreaker.table(
  'tokens',
  {
    id: text().primaryKey(),
    /** The run of Temporal that has recorded it last. */
    runId: text('chain_id').notNull(),
    workflowId: text('workflow_id').notNull(),
    place: text().notNull(),
    status: text().notNull(),
    hasIncident: boolean('has_incident').notNull(),
    version: integer().notNull(),
    createdAt: text('created_at').notNull(),
    /** Events of the token, whoever recorded them: the sequence of the newest. */
    eventCount: integer('event_count').notNull(),
    /** The number of the newest event that this run has recorded. */
    eventNumber: integer('event_number').notNull(),
    document: json().notNull(),
    /** A fingerprint of what `createToken` was asked; null: the token was started otherwise. */
    request: text(),
  },
  (table) => [
    index('tokens_newest').on(table.createdAt, table.id),
    index('tokens_of_workflow').on(table.workflowId, table.createdAt, table.id),
    index('tokens_by_status').on(table.status, table.createdAt, table.id),
    index('tokens_with_incident').on(table.hasIncident, table.createdAt, table.id),
    index('tokens_by_end')
      .on(sql`(${table.document}->>'updatedAt')`, table.id)
      .where(sql`${table.status} <> 'ACTIVE'`),
  ],
);

export const tokenEvents = circuitBreaker.table(
  'token_events',
  {
    tokenId: text('token_id').notNull(),
    sequence: integer().notNull(),
    workflowId: text('workflow_id').notNull(),
    type: text().notNull(),
    event: json().notNull(),
    /** Its place in the feed of all tokens' events. */
    feedNumber: bigint('feed_number', { mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tokenId, table.sequence] }),
    index('token_events_of_feed').on(table.feedNumber),
  ],
);

/** Tokens that were deleted, and by which run they had been recorded last: for as long as that run may record them late. */
export const deletedTokens = circuitBreaker.table(
  'deleted_tokens',
  {
    id: text().primaryKey(),
    runId: text('run_id').notNull(),
    deletedAt: text('deleted_at').notNull(),
  },
  (table) => [index('deleted_tokens_oldest').on(table.deletedAt)],
);
