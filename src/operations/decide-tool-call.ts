import { accepted, CircuitBreakerError, notFound } from '../core/errors.js';
import { isEnded, type AgentExecution } from '../core/executions/execution.js';
import { judgeAnswer, parseApprove, parseReject, type ApprovalAnswer } from '../core/executions/tool-approval.js';
import type { OperationParts } from './operation-parts.js';

interface DecidedCall {
  readonly executionId: string;
  readonly toolCallId: string;
}

/** Lets a call be made, with other arguments where some are given. Throws ALREADY_DECIDED where another answer was first. */
export async function approveToolCall(
  parts: OperationParts,
  { executionId, ...said }: DecidedCall,
): Promise<AgentExecution> {
  return await decide(parts, executionId, { type: 'approve', ...accepted('The approval', parseApprove(said)) });
}

/** Keeps a call from being made; with `stop` its execution fails. Throws ALREADY_DECIDED where another answer was first. */
export async function rejectToolCall(
  parts: OperationParts,
  { executionId, ...said }: DecidedCall,
): Promise<AgentExecution> {
  return await decide(parts, executionId, { type: 'reject', ...accepted('The rejection', parseReject(said)) });
}

async function decide(parts: OperationParts, id: string, answer: ApprovalAnswer): Promise<AgentExecution> {
  const execution = await parts.storage.executions.get(id);
  // Only ids of ours go to Temporal: others may be another team's workflows.
  if (execution === undefined) throw notFound('execution', id);
  if (isEnded(execution.status)) await refuseAfterEnd(parts, id, answer);
  else await decideAlive(parts, id, answer);
  return (await parts.storage.executions.get(id)) ?? execution;
}

async function decideAlive(parts: OperationParts, id: string, answer: ApprovalAnswer): Promise<void> {
  try {
    await parts.temporal.decideToolCall(id, answer);
  } catch (error) {
    if (!(error instanceof CircuitBreakerError) || error.code !== 'NOT_FOUND') throw error;
    // It has ended at this moment, or has no such call.
    await refuseAfterEnd(parts, id, answer);
  }
}

/** An execution that has ended takes no answer; the one that it has taken may be repeated. */
async function refuseAfterEnd({ storage, now }: OperationParts, id: string, answer: ApprovalAnswer): Promise<void> {
  const [approvals = []] = await storage.tools.approvals([id]);
  const approval = approvals.find(({ toolCallId }) => toolCallId === answer.toolCallId);
  const verdict = judgeAnswer(approval, answer, { now: now(), isEnded: true });
  if (verdict.type === 'refused') throw new CircuitBreakerError(verdict.code, verdict.message);
}
