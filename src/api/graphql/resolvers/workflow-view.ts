import type { StoredWorkflow } from '../../../storage/workflow-store.js';

/** A stored workflow in the shape of the API's `Workflow`. */
export function workflowView(stored: StoredWorkflow | undefined) {
  if (stored === undefined) return undefined;
  const { definition, hash, createdAt } = stored;
  return { ...definition, hash, createdAt };
}
