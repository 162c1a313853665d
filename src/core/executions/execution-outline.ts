import type { AgentExecution } from './execution.js';

const MEMBERS = [
  ...(['id', 'agentId', 'agentVersion', 'workflowId', 'tokenId', 'transitionId', 'placeAgentId', 'shadow'] as const),
  ...(['status', 'errorCode', 'createdAt', 'completedAt', 'attempts'] as const),
] as const;

/** An execution without what it was told and said, which may be megabytes. */
export type ExecutionOutline = Pick<AgentExecution, (typeof MEMBERS)[number]>;

/** What an outline has of an execution. */
export const OUTLINE_MEMBERS: readonly string[] = MEMBERS;
