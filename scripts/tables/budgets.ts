import { sql } from 'drizzle-orm';
import { bigint, boolean, index, integer, primaryKey, text } from 'drizzle-orm/pg-core';

import { circuitBreaker } from './database-schema.js';

const count = (name: string) => bigint(name, { mode: 'number' }).notNull().default(0);

/** What the calls of a scope have spent on a day, and reserve; of an execution on all days, which is the empty day. */
export const budgetSums = circuitBreaker.table(
  'budget_sums',
  {
    scope: text().notNull(),
    day: text().notNull(),
    spentNanoUsd: count('spent_nano_usd'),
    spentTokens: count('spent_tokens'),
    reservedNanoUsd: count('reserved_nano_usd'),
    reservedTokens: count('reserved_tokens'),
    /** It was nearly spent, and that was told. */
    isTold: boolean('is_told').notNull().default(false),
    /** The day on which a call was reserved in it last. */
    usedOn: text('used_on').notNull(),
  },
  (table) => [primaryKey({ columns: [table.scope, table.day] }), index('budget_sums_oldest').on(table.usedOn)],
);

/** A row for each sum that a call of a model counts in. */
export const budgetCalls = circuitBreaker.table(
  'budget_calls',
  {
    scope: text().notNull(),
    executionId: text('execution_id').notNull(),
    turn: integer().notNull(),
    callId: text('call_id').notNull(),
    day: text().notNull(),
    mostNanoUsd: count('most_nano_usd'),
    mostTokens: count('most_tokens'),
    leastNanoUsd: count('least_nano_usd'),
    leastTokens: count('least_tokens'),
    takenNanoUsd: count('taken_nano_usd'),
    takenTokens: count('taken_tokens'),
    /** 0: it is under way; 1: nobody has said how it ended; 2: its turn went on without it; 3: it has ended. */
    settled: integer().notNull().default(0),
    expiresAt: text('expires_at').notNull(),
    /** The day of the call. */
    usedOn: text('used_on').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.executionId, table.turn, table.callId, table.scope] }),
    index('budget_calls_oldest').on(table.usedOn),
    index('budget_calls_under_way')
      .on(table.expiresAt)
      .where(sql`${table.settled} = 0`),
  ],
);
