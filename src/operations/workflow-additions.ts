import type { WorkflowAdditions } from '../core/definitions/effective-definition.js';
import type { Storage } from '../storage/storage.js';

/** What was said of a workflow since its versions were saved. */
export async function additionsTo(
  { placeAgents, rollouts }: Pick<Storage, 'placeAgents' | 'rollouts'>,
  workflowId: string,
): Promise<WorkflowAdditions> {
  const [added, said] = await Promise.all([
    placeAgents.listForWorkflow(workflowId),
    rollouts.listForWorkflow(workflowId),
  ]);
  return { placeAgents: added, rollouts: said };
}
