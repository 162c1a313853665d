import type { ExecutionErrorCode } from '../core/codes.js';
import { isEnded, type AgentExecution, type EndedStatus, type ExecutionStatus } from '../core/executions/execution.js';
import { pagesOf } from '../storage/pages.js';
import type { Storage } from '../storage/storage.js';
import { executionEnded, type ToldOfEnds } from '../operations/execution-ended.js';
import type { TemporalGateway, WorkflowClose } from '../temporal/temporal-gateway.js';

/** A Temporal workflow that is terminated, in the UI or by a timeout, runs no code of ours: what it leaves is ended here. */

export interface CutOffParts extends ToldOfEnds {
  readonly storage: Pick<Storage, 'executions'>;
  readonly temporal: Pick<TemporalGateway, 'closeOf'>;
  readonly closeStream: (execution: AgentExecution) => Promise<void>;
  readonly now: () => string;
}

interface ExecutionEnding {
  readonly status: EndedStatus;
  readonly errorCode: ExecutionErrorCode;
  readonly errorMessage: string;
}

/** Longer than Temporal and its workers are ever away together without somebody noticing. */
const START_PATIENCE_MS = 3_600_000;
/** Longer than executions take: a server that does not know an older one is not the one it runs on, or has let it go. */
const HISTORY_PATIENCE_MS = 24 * START_PATIENCE_MS;

/** Each may take megabytes. */
const EXECUTIONS_PER_PAGE = 20;

/** The execution as it stands: one whose Temporal workflow was cut off is recorded as ended, and its stream closed. */
export async function settledExecution(parts: CutOffParts, id: string): Promise<AgentExecution | undefined> {
  const { storage, now } = parts;
  const execution = await storage.executions.get(id);
  if (execution === undefined || isEnded(execution.status)) return execution;
  const end = await endingOf(parts, execution);
  if (end === undefined) return execution;
  const { execution: ended, isNews } = await storage.executions.end(id, { ...end, completedAt: now() });
  if (isNews) executionEnded(parts, ended);
  await parts.closeStream(ended);
  return ended;
}

/** How an execution has to be recorded as ended; undefined: it runs, or has not begun, or its own record is on its way. */
export async function endingOf(
  { temporal, now }: Pick<CutOffParts, 'temporal' | 'now'>,
  execution: AgentExecution,
): Promise<ExecutionEnding | undefined> {
  const close = await temporal.closeOf('execution', execution.id);
  return close === undefined ? forgotten(execution, now()) : endOf(close);
}

/** Executions that were to begin, or to go on, so long ago that Temporal may know nothing of them. */
export async function* overdueExecutions(parts: Pick<CutOffParts, 'storage' | 'now'>): AsyncGenerator<string> {
  yield* idsOlderThan(parts, 'PENDING', START_PATIENCE_MS);
  yield* idsOlderThan(parts, 'RUNNING', HISTORY_PATIENCE_MS);
}

async function* idsOlderThan(
  { storage, now }: Pick<CutOffParts, 'storage' | 'now'>,
  status: ExecutionStatus,
  ageMs: number,
): AsyncGenerator<string> {
  const before = new Date(Date.parse(now()) - ageMs).toISOString();
  const pages = pagesOf((page) => storage.executions.list({ status, before }, page), EXECUTIONS_PER_PAGE);
  for await (const some of pages) yield* some.map(({ id }) => id);
}

/**
 * An execution that Temporal does not know: whoever recorded it died before starting it, its workflow task was lost,
 * or its history is gone.
 */
function forgotten({ status, createdAt }: AgentExecution, now: string): ExecutionEnding | undefined {
  const ageMs = Date.parse(now) - Date.parse(createdAt);
  const hasBegun = status !== 'PENDING';
  if (ageMs < (hasBegun ? HISTORY_PATIENCE_MS : START_PATIENCE_MS)) return undefined;
  const errorMessage = hasBegun
    ? 'Temporal does not know the execution any more.'
    : 'The execution was recorded and never started.';
  return { status: 'TERMINATED', errorCode: 'terminated', errorMessage };
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
