import { index, integer, json, primaryKey, text } from 'drizzle-orm/pg-core';

import { circuitBreaker } from './database-schema.js';

export const conversations = circuitBreaker.table(
  'conversations',
  {
    id: text().primaryKey(),
    agentId: text('agent_id').notNull(),
    tokenId: text('token_id'),
    createdAt: text('created_at').notNull(),
  },
  (table) => [index('conversations_of_agent').on(table.agentId, table.createdAt, table.id)],
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
