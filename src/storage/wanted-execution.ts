import { ranFor } from '../core/definitions/rollout.js';
import type { AgentExecution } from '../core/executions/execution.js';
import type { ExecutionFilter } from './execution-store.js';
import { isWithin } from './workflow-limit.js';

/** Whether a filter lets an execution through, whenever it was created. */
export function isWanted(one: AgentExecution, filter: ExecutionFilter): boolean {
  return (
    isWithin(filter, one.workflowId) &&
    (filter.status === undefined || one.status === filter.status) &&
    (filter.agentId === undefined || one.agentId === filter.agentId) &&
    (filter.workflowId === undefined || one.workflowId === filter.workflowId) &&
    (filter.tokenId === undefined || one.tokenId === filter.tokenId) &&
    (filter.use === undefined || ranFor(one, filter.use))
  );
}
