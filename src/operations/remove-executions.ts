import { isAway } from '../core/errors.js';
import { isEnded, type AgentExecution } from '../core/executions/execution.js';
import type { ExecutionDeletion } from '../storage/execution-store.js';
import type { PageRequest } from '../storage/page.js';
import { pagesOf } from '../storage/pages.js';
import type { Storage } from '../storage/storage.js';

export interface RemovalParts {
  readonly storage: Pick<Storage, 'executions'>;
  /** Removes the streams of executions from their log. */
  readonly removeStreams: (executionIds: readonly string[]) => Promise<void>;
  readonly closeStream: (execution: AgentExecution) => Promise<void>;
  readonly now: () => string;
}

type Conversations = ExecutionDeletion['conversations'];

/** Each may take megabytes. */
const EXECUTIONS_PER_PAGE = 20;

/**
 * Removes the executions of a token, with their streams; one that has not ended stays. Resolves with how many there were. Safe to repeat,
 * however it was cut off.
 */
export async function removeExecutionsOf(
  parts: RemovalParts,
  tokenId: string,
  { conversations, before }: { readonly conversations: Conversations; readonly before?: (id: string) => Promise<void> },
): Promise<number> {
  let removed = 0;
  const list = (page: PageRequest) => parts.storage.executions.list({ tokenId }, page);
  for await (const executions of pagesOf(list, EXECUTIONS_PER_PAGE)) {
    if (before !== undefined) await Promise.all(executions.map(({ id }) => before(id)));
    removed += await removeExecutions(parts, executions, conversations);
  }
  return removed;
}

/** The streams first: an execution that is still there is found again, a stream without one is not. */
export async function removeExecutions(
  { storage, removeStreams, closeStream, now }: RemovalParts,
  executions: readonly AgentExecution[],
  conversations: Conversations,
): Promise<number> {
  const ended = executions.filter(({ status }) => isEnded(status));
  // Whoever watches it hears of its end first.
  for (const one of ended) if (one.lastSequence === undefined) await closeStream(one).catch(throwIfAway);
  const ids = ended.map(({ id }) => id);
  await removeStreams(ids);
  return (await storage.executions.delete(ids, { now: now(), conversations })).deleted;
}

/** What cannot be closed for another reason is removed all the same. */
function throwIfAway(error: unknown): void {
  if (isAway(error)) throw error;
}
