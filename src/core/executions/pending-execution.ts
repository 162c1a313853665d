import { jsonEquals } from '../json/json.js';
import { storable } from '../json/well-formed-text.js';
import type { AgentExecution, ExecutionRequest } from './execution.js';

/** An execution as it is recorded before its id is given out. Its agent version is 0 until the agent is loaded. */
export function pendingExecution(request: ExecutionRequest, now: string): AgentExecution {
  const { token } = request;
  return {
    id: request.executionId,
    agentId: request.agentId,
    agentVersion: request.agentVersion ?? 0,
    ...(token === undefined ? {} : { tokenId: token.id, workflowId: token.workflowId }),
    ...(token?.transitionId === undefined ? {} : { transitionId: token.transitionId }),
    ...(token?.placeAgentId === undefined ? {} : { placeAgentId: token.placeAgentId }),
    ...(request.shadow === true ? { shadow: true as const } : {}),
    conversationId: request.conversationId ?? request.executionId,
    status: 'PENDING',
    input: request.input,
    warnings: [],
    attempts: [],
    createdAt: now,
  };
}

/** Whether a stored execution is the one that was asked for, and not another one of the same id. */
export function isExecutionOf(request: ExecutionRequest, execution: AgentExecution): boolean {
  const { agentId, agentVersion, input, token, conversationId = request.executionId } = storable(request);
  // A token numbers its executions. What else it asked for at first was decided by a workflow task that was lost.
  if (token !== undefined) return execution.tokenId === token.id;
  return (
    execution.tokenId === undefined &&
    execution.agentId === agentId &&
    (agentVersion === undefined || execution.agentVersion === agentVersion) &&
    execution.conversationId === conversationId &&
    jsonEquals(execution.input, input)
  );
}
