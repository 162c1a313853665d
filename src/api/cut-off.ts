import { isEnded, type AgentExecution, type EndedStatus } from '../core/execution.js';
import type { Storage } from '../storage/storage.js';
import type { TemporalGateway, WorkflowClose } from './temporal-gateway.js';

/** A Temporal workflow that is terminated, in the UI or by a timeout, runs no code of ours: what it leaves is ended here. */

export interface CutOffParts {
  readonly storage: Pick<Storage, 'executions' | 'tokens'>;
  readonly temporal: Pick<TemporalGateway, 'closeOf' | 'cancelExecution'>;
  readonly closeStream: (execution: AgentExecution) => Promise<void>;
  readonly now: () => string;
}

interface ExecutionEnding {
  readonly status: EndedStatus;
  readonly errorCode: string;
  readonly errorMessage: string;
}

/** Longer than Temporal and its workers are ever away together without somebody noticing. */
const START_PATIENCE_MS = 3_600_000;

/** The execution as it stands: one whose Temporal workflow was cut off is recorded as ended, and its stream closed. */
export async function settledExecution(parts: CutOffParts, id: string): Promise<AgentExecution | undefined> {
  const { storage, temporal, now } = parts;
  const execution = await storage.executions.get(id);
  if (execution === undefined || isEnded(execution.status)) return execution;
  const close = await temporal.closeOf(id);
  const end = close === undefined ? neverStarted(execution, now()) : endOf(close);
  // It runs, or has not begun, or its own record is on its way.
  if (end === undefined) return execution;
  const ended = await storage.executions.update(id, { ...end, completedAt: now() });
  await parts.closeStream(ended);
  return ended;
}

/** Makes a token whose Temporal workflow was cut off TERMINATED, and stops what it had running. */
export async function settleToken(parts: CutOffParts, id: string): Promise<void> {
  const { storage, temporal, now } = parts;
  const token = await storage.tokens.get(id);
  if (token?.status !== 'ACTIVE') return;
  const close = await temporal.closeOf(id);
  if (close === undefined || close === 'RUNNING') return;
  await storage.tokens.terminate(id, { now: now(), reason: close.toLowerCase() });
  const { items } = await storage.executions.list({ tokenId: id, status: 'RUNNING' }, { first: 200 });
  for (const { item } of items) await temporal.cancelExecution(item.id, 'its token was terminated');
}

/** The executions that wait to begin, and have done so for so long that they never will. */
export async function settleNeverStarted(parts: CutOffParts): Promise<void> {
  let after: string | undefined;
  do {
    const page = await parts.storage.executions.list(
      { status: 'PENDING' },
      { first: 200, ...(after === undefined ? {} : { after }) },
    );
    const old = page.items.filter(({ item }) => neverStarted(item, parts.now()) !== undefined);
    for (const { item } of old) await settledExecution(parts, item.id);
    after = page.hasNextPage ? page.items.at(-1)?.cursor : undefined;
  } while (after !== undefined);
}

/** Recorded before it was started, by something that died in between, or by a workflow task that was lost. */
function neverStarted({ status, createdAt }: AgentExecution, now: string): ExecutionEnding | undefined {
  if (status !== 'PENDING' || Date.parse(now) - Date.parse(createdAt) < START_PATIENCE_MS) return undefined;
  return {
    status: 'TERMINATED',
    errorCode: 'terminated',
    errorMessage: 'The execution was recorded and never started.',
  };
}

function endOf(close: WorkflowClose): ExecutionEnding | undefined {
  switch (close) {
    case 'TERMINATED':
      return { status: 'TERMINATED', errorCode: 'terminated', errorMessage: 'The execution was terminated.' };
    case 'TIMED_OUT':
      return { status: 'TIMEOUT', errorCode: 'timeout', errorMessage: 'The execution ran out of time.' };
    case 'CANCELLED':
      return { status: 'CANCELLED', errorCode: 'cancelled', errorMessage: 'The execution was cancelled.' };
    case 'FAILED':
      return { status: 'FAILED', errorCode: 'server', errorMessage: 'The execution failed without saying why.' };
    case 'COMPLETED':
    case 'RUNNING':
      return undefined;
  }
}
