import { isEnded, type AgentExecution } from '../core/executions/execution.js';
import { storable } from '../core/json/well-formed-text.js';
import type { EndedExecution, ExecutionChange } from './execution-store.js';

/** An execution before and after a change. */
export interface ExecutionStep {
  readonly before: AgentExecution;
  readonly after: AgentExecution;
}

/** An execution after a change: one that has ended stays as it is, except for the end of its stream. */
export function changedExecution(execution: AgentExecution, change: ExecutionChange): AgentExecution {
  if (!isEnded(execution.status)) return storable({ ...execution, ...change });
  return change.lastSequence === undefined ? execution : { ...execution, lastSequence: change.lastSequence };
}

/** What a change that ends an execution has come to. */
export function endedBy({ before, after }: ExecutionStep): EndedExecution {
  return { execution: after, isNews: !isEnded(before.status) };
}
