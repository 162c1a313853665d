import { sql } from 'drizzle-orm';
import { boolean, index, integer, json, primaryKey, text } from 'drizzle-orm/pg-core';

import { circuitBreaker } from './database-schema.js';

/** One row for each execution. */
export const executions = circuitBreaker.table(
  'executions',
  {
    id: text().primaryKey(),
    agentId: text('agent_id').notNull(),
    tokenId: text('token_id'),
    workflowId: text('workflow_id'),
    status: text().notNull(),
    ended: boolean().notNull(),
    createdAt: text('created_at').notNull(),
    /** The last sequence of the closed stream. */
    lastSequence: integer('last_sequence'),
    /** The stream was closed and has been removed from its log since. */
    streamRemoved: boolean('stream_removed').notNull().default(false),
    /** Grows by one with every update: two updates at once cannot lose one. */
    revision: integer().notNull(),
    /** The execution as a document, without `lastSequence`. */
    document: json().notNull(),
  },
  (table) => [
    index('executions_newest').on(table.createdAt, table.id),
    index('executions_of_token').on(table.tokenId, table.createdAt, table.id),
    index('executions_of_agent').on(table.agentId, table.createdAt, table.id),
    index('executions_unclosed').on(table.ended, table.lastSequence, table.createdAt),
    index('executions_with_closed_stream')
      .on(sql`coalesce(${table.document}->>'completedAt', ${table.createdAt})`)
      .where(sql`${table.lastSequence} is not null and not ${table.streamRemoved}`),
    index('executions_alone_by_end')
      .on(sql`coalesce(${table.document}->>'completedAt', ${table.createdAt})`, table.id)
      .where(sql`${table.ended} and ${table.tokenId} is null`),
    /** That go on with the conversation of another. */
    index('executions_of_conversation')
      .on(sql`(${table.document}->>'conversationId')`)
      .where(sql`${table.document}->>'conversationId' <> ${table.id}`),
  ],
);

/** Executions that were deleted: for as long as somebody may write something of them late. */
export const deletedExecutions = circuitBreaker.table(
  'deleted_executions',
  {
    id: text().primaryKey(),
    deletedAt: text('deleted_at').notNull(),
  },
  (table) => [index('deleted_executions_oldest').on(table.deletedAt)],
);

/** The attempt that may store a turn: none before it of the same series may. */
export const turnClaims = circuitBreaker.table(
  'turn_claims',
  {
    executionId: text('execution_id').notNull(),
    turn: integer().notNull(),
    series: text().notNull(),
    attempt: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.executionId, table.turn] })],
);

/** Finished turns: the first result for (execution, turn) stays. */
export const turns = circuitBreaker.table(
  'turns',
  {
    executionId: text('execution_id').notNull(),
    turn: integer().notNull(),
    result: json().notNull(),
  },
  (table) => [primaryKey({ columns: [table.executionId, table.turn] })],
);
