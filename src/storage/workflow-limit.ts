/** Keeps a list to what belongs to some workflows. */
export interface WorkflowLimit {
  /** Absent: to nothing, also to what belongs to no workflow. */
  readonly ofWorkflows?: readonly string[];
}

/** Whether something that belongs to a workflow, or to none, is in the list. */
export function isWithin({ ofWorkflows }: WorkflowLimit, workflowId: string | undefined): boolean {
  return ofWorkflows === undefined || (workflowId !== undefined && ofWorkflows.includes(workflowId));
}
