import { sql } from 'drizzle-orm';
import { index, integer, json, primaryKey, text } from 'drizzle-orm/pg-core';

import { circuitBreaker } from './database-schema.js';

export const conversations = circuitBreaker.table(
  'conversations',
  {
    id: text().primaryKey(),
    agentId: text('agent_id').notNull(),
    tokenId: text('token_id'),
    createdAt: text('created_at').notNull(),
    /** When it was used last, once an execution of it was deleted: it may be in no use. */
    unusedSince: text('unused_since'),
  },
  (table) => [
    index('conversations_of_agent').on(table.agentId, table.createdAt, table.id),
    index('conversations_unused')
      .on(table.unusedSince)
      .where(sql`${table.unusedSince} is not null`),
  ],
);

/** Messages by position, from 0; rows are only inserted. */
export const messages = circuitBreaker.table(
  'messages',
  {
    conversationId: text('conversation_id').notNull(),
    position: integer().notNull(),
    message: json().notNull(),
  },
  (table) => [primaryKey({ columns: [table.conversationId, table.position] })],
);
