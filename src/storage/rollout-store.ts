import type { AgentUseId, UseRollout } from '../core/definitions/rollout.js';

/** What was said of one use of an agent in a workflow: it holds for every version. */
export interface KeptRollout extends UseRollout {
  readonly workflowId: string;
  /** When somebody said it; RFC 3339. */
  readonly saidAt: string;
  /** When it became what it is; RFC 3339. */
  readonly changedAt: string;
}

/** How far the agents of workflows are brought in, as far as anybody said so after the definition was saved. */
export interface RolloutStore {
  /**
   * Keeps what was said last, and notes in the same step that the tokens of the workflow have to be told. With `seen` only in the place of what
   * was said then (its `changedAt`): false where it is another by now, and nothing is kept.
   */
  set(rollout: KeptRollout, seen?: string): Promise<boolean>;
  /** Forgets what was said of a use, and notes that tokens have to be told: it is as each version says. Safe to repeat. */
  clear(workflowId: string, use: AgentUseId): Promise<void>;
  /** Those that are to be turned off where too many executions fail, and are not off, of all workflows. */
  listWatched(): Promise<readonly KeptRollout[]>;
  /** Those that were turned off because too many executions failed, and of which nobody has said anything since, of all workflows. */
  listStopped(): Promise<readonly KeptRollout[]>;
  /** Those of a workflow, by no order: no more than its versions use agents. */
  listForWorkflow(workflowId: string): Promise<readonly KeptRollout[]>;
  /** The same of each workflow, in the order of the workflows, which may repeat. */
  listForWorkflows(workflowIds: readonly string[]): Promise<readonly (readonly KeptRollout[])[]>;
}
