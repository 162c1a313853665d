import { isEnded, type AgentExecution } from '../core/executions/execution.js';
import { storable } from '../core/json/well-formed-text.js';

/** An execution after a change: one that has ended stays as it is, except for the end of its stream. */
export function changedExecution(
  execution: AgentExecution,
  change: Partial<Omit<AgentExecution, 'id' | 'createdAt'>>,
): AgentExecution {
  if (!isEnded(execution.status)) return storable({ ...execution, ...change });
  return change.lastSequence === undefined ? execution : { ...execution, lastSequence: change.lastSequence };
}
