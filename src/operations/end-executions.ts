import type { AgentExecution, EndedStatus, ExecutionStatus } from '../core/executions/execution.js';
import { pagesOf } from '../storage/pages.js';
import type { Storage } from '../storage/storage.js';
import { executionEnded, type ToldOfEnds } from './execution-ended.js';
import type { TemporalGateway } from '../temporal/temporal-gateway.js';

export interface EndingParts extends ToldOfEnds {
  readonly storage: Pick<Storage, 'executions'>;
  readonly temporal: Pick<TemporalGateway, 'cancelExecution'>;
  readonly now: () => string;
}

interface Ending {
  /** The history of an execution that is cancelled shows it. */
  readonly reason: string;
  /** How one ends that Temporal does not run: the token that would have started it is gone. */
  readonly end: Required<Pick<AgentExecution, 'errorCode' | 'errorMessage'>> & { readonly status: EndedStatus };
  /** Ids of those that go on. */
  readonly except?: ReadonlySet<string>;
}

/** Each may take megabytes. */
const EXECUTIONS_PER_PAGE = 20;
export const UNENDED: readonly ExecutionStatus[] = ['PENDING', 'RUNNING', 'WAITING_FOR_APPROVAL'];

/** Ends what a token has started and nobody waits for any more. Safe to repeat. */
export async function endExecutions(parts: EndingParts, tokenId: string, ending: Ending): Promise<void> {
  for (const status of UNENDED) {
    const { executions } = parts.storage;
    const pages = pagesOf((page) => executions.list({ tokenId, status }, page), EXECUTIONS_PER_PAGE);
    for await (const some of pages)
      for (const { id } of some) if (ending.except?.has(id) !== true) await endExecution(parts, id, ending);
  }
}

/** The id of an execution of a token that has not ended; undefined where there is none. */
export async function livingExecutionOf(
  { executions }: Pick<Storage, 'executions'>,
  tokenId: string,
): Promise<string | undefined> {
  for (const status of UNENDED) {
    const { items } = await executions.list({ tokenId, status }, { first: 1 });
    if (items[0] !== undefined) return items[0].item.id;
  }
  return undefined;
}

async function endExecution(parts: EndingParts, id: string, ending: Ending): Promise<void> {
  const { storage, temporal, now } = parts;
  if (await temporal.cancelExecution(id, ending.reason)) return;
  const { execution, isNews } = await storage.executions.end(id, { ...ending.end, completedAt: now() });
  if (isNews) executionEnded(parts, execution);
}
