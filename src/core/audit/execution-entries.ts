import { isEnded, type AgentExecution, type ModelAttempt } from '../executions/execution.js';
import type { ToolApproval } from '../executions/tool-approval.js';
import type { RunRecord } from '../tokens/token-record.js';
import { ACTIONS, ACTORS, type AuditEntry } from './audit-entry.js';

/** Who started something that nobody asked the API for. */
export type Starter = (typeof ACTORS)['system' | 'temporal'];

/** What is told of an execution that is stored for the first time. */
export function startEntry({ id, createdAt }: AgentExecution, actor: Starter = 'system'): AuditEntry {
  return { time: createdAt, actor, action: ACTIONS.executionStart, subject: id, outcome: 'ok' };
}

/** What is told of a token that is stored for the first time; undefined: its mutation is. */
export function tokenEntry({ token, request }: Pick<RunRecord, 'token' | 'request'>): AuditEntry | undefined {
  if (request !== undefined) return undefined;
  const { id, createdAt } = token;
  return { time: createdAt, actor: ACTORS.temporal, action: ACTIONS.tokenStart, subject: id, outcome: 'ok' };
}

/** What is told of a change of an execution: calls of models that have come to an end, and its own end. */
export function changeEntries(before: AgentExecution, after: AgentExecution): readonly AuditEntry[] {
  const had = new Map(before.attempts.map((one) => [keyOf(one), one.outcome]));
  const calls = after.attempts.filter((one) => {
    const earlier = had.get(keyOf(one)) ?? 'running';
    return earlier === 'running' && one.outcome !== 'running' && one.cachedFrom === undefined;
  });
  const told = calls.map((call) => callEntry(after.id, call));
  return isEnded(after.status) && !isEnded(before.status) ? [...told, endEntry(after)] : told;
}

/** What is told of a decision about a call of a tool; undefined: there is none yet. */
export function approvalEntry({ executionId, decision }: ToolApproval): AuditEntry | undefined {
  if (decision === undefined) return undefined;
  const entry = { time: decision.decidedAt, actor: ACTORS.system, action: ACTIONS.approval, subject: executionId };
  if (decision.decision === 'approved') return { ...entry, outcome: 'ok' };
  return { ...entry, outcome: 'refused', code: decision.decision };
}

function callEntry(executionId: string, call: ModelAttempt): AuditEntry {
  const { outcome, errorCode, providerRequestId, startedAt, durationMs = 0 } = call;
  return {
    time: new Date(Date.parse(startedAt) + durationMs).toISOString(),
    actor: ACTORS.system,
    action: ACTIONS.providerCall,
    subject: executionId,
    ...(outcome === 'completed' ? { outcome: 'ok' } : { outcome: 'failed', code: errorCode ?? outcome }),
    ...(providerRequestId === undefined ? {} : { requestId: providerRequestId }),
  };
}

function endEntry({ id, status, errorCode, completedAt, createdAt }: AgentExecution): AuditEntry {
  return {
    time: completedAt ?? createdAt,
    actor: ACTORS.system,
    action: ACTIONS.executionEnd,
    subject: id,
    ...(status === 'COMPLETED' ? { outcome: 'ok' } : { outcome: 'failed', code: errorCode ?? status.toLowerCase() }),
  };
}

function keyOf({ turn, attempt }: ModelAttempt): string {
  return `${turn}:${attempt}`;
}
