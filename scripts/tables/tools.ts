import { sql } from 'drizzle-orm';
import { index, integer, json, primaryKey, text } from 'drizzle-orm/pg-core';

import { circuitBreaker } from './database-schema.js';

/** What the workers offer; a row that no worker has renewed for long is removed. */
export const tools = circuitBreaker.table(
  'tools',
  {
    name: text().primaryKey(),
    offeredAt: text('offered_at').notNull(),
    offer: json().notNull(),
  },
  (table) => [index('tools_oldest').on(table.offeredAt)],
);

/** The MCP servers of the workers, as each worker saw its own last; a row that it has not renewed for long is removed. */
export const toolServers = circuitBreaker.table(
  'tool_servers',
  {
    name: text().notNull(),
    worker: text().notNull(),
    seenAt: text('seen_at').notNull(),
    server: json().notNull(),
  },
  (table) => [primaryKey({ columns: [table.name, table.worker] })],
);

/** A row for each call of a tool, from before it runs or waits for a person; the first outcome stays. */
export const toolCalls = circuitBreaker.table(
  'tool_calls',
  {
    executionId: text('execution_id').notNull(),
    turn: integer().notNull(),
    index: integer().notNull(),
    /** The attempt that began last, and how many have begun. */
    attempt: text().notNull(),
    attempts: integer().notNull(),
    outcome: json(),
    /** What a person was asked about the call, and said. */
    approval: json(),
    /** Since when a person is asked; null when nobody is (any more). */
    waitingSince: text('waiting_since'),
  },
  (table) => [
    primaryKey({ columns: [table.executionId, table.turn, table.index] }),
    index('tool_calls_waiting')
      .on(table.waitingSince)
      .where(sql`${table.waitingSince} is not null`),
  ],
);
