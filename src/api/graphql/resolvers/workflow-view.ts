import type { WorkflowDefinition } from '../../../core/definitions/definition.js';
import type { StoredWorkflow } from '../../../storage/workflow-store.js';

/** A stored workflow in the shape of the API's `Workflow`. */
export interface WorkflowView extends WorkflowDefinition {
  readonly hash: string;
  readonly createdAt: string;
}

export function workflowView(stored: StoredWorkflow): WorkflowView;
export function workflowView(stored: StoredWorkflow | undefined): WorkflowView | undefined;
export function workflowView(stored: StoredWorkflow | undefined): WorkflowView | undefined {
  if (stored === undefined) return undefined;
  const { definition, hash, createdAt } = stored;
  return { ...definition, hash, createdAt };
}
