import { index, integer, json, primaryKey, text } from 'drizzle-orm/pg-core';

import { circuitBreaker } from './database-schema.js';

/** Place agents that were added to workflows by mutation. */
export const placeAgents = circuitBreaker.table(
  'place_agents',
  {
    id: text().primaryKey(),
    workflowId: text('workflow_id').notNull(),
    placeId: text('place_id').notNull(),
    agentId: text('agent_id').notNull(),
    createdAt: text('created_at').notNull(),
    document: json().notNull(),
  },
  (table) => [index('place_agents_of_workflow').on(table.workflowId, table.createdAt, table.id)],
);

/** What was said last of how far a use of an agent is brought into its workflow. */
export const rollouts = circuitBreaker.table(
  'rollouts',
  {
    workflowId: text('workflow_id').notNull(),
    kind: text().notNull(),
    useId: text('use_id').notNull(),
    document: json().notNull(),
  },
  (table) => [primaryKey({ columns: [table.workflowId, table.kind, table.useId] })],
);

/** Per workflow, how often its place agents changed, and of which change its tokens have been told. */
export const placeAgentChanges = circuitBreaker.table('place_agent_changes', {
  workflowId: text('workflow_id').primaryKey(),
  revision: integer().notNull(),
  told: integer().notNull(),
});
