import type { AgentUseId } from '../core/definitions/rollout.js';
import type { ExecutionOutline } from '../core/executions/execution-outline.js';
import type { ExecutionFilter, ExecutionStore } from '../storage/execution-store.js';
import { pagesOf } from '../storage/pages.js';

const READ_AT_ONCE = 500;

interface Span extends Pick<ExecutionFilter, 'since' | 'before'> {
  readonly workflowId: string;
  /** So many, the newest. */
  readonly most: number;
}

interface ExecutionsOfUse {
  /** Newest first, without what they were told and said: that may be gigabytes together. */
  readonly executions: readonly ExecutionOutline[];
  /** There are more. */
  readonly isCut: boolean;
}

/** The executions of one use of an agent in a span of time. */
export async function executionsOfUse(
  store: Pick<ExecutionStore, 'listOutlines'>,
  use: AgentUseId,
  { most, ...filter }: Span,
): Promise<ExecutionsOfUse> {
  const executions: ExecutionOutline[] = [];
  for await (const page of pagesOf((request) => store.listOutlines({ ...filter, use }, request), READ_AT_ONCE)) {
    executions.push(...page);
    if (executions.length > most) return { executions: executions.slice(0, most), isCut: true };
  }
  return { executions, isCut: false };
}
