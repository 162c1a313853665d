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
    conversationId: request.conversationId ?? request.executionId,
    status: 'PENDING',
    input: request.input,
    warnings: [],
    attempts: [],
    createdAt: now,
  };
}
