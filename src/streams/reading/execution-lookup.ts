import type { AgentExecution } from '../../core/executions/execution.js';

/** What the reader asks about executions, beyond what their logs say. */
export interface ExecutionLookup {
  find(executionId: string): Promise<AgentExecution | undefined>;
  /** Gives the log of an ended execution its terminal event. */
  finish(execution: AgentExecution): Promise<void>;
}
