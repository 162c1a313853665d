import { CircuitBreakerError, notFound } from '../../core/errors.js';
import type { StoredTokenEvent } from '../../storage/token-store.js';
import type { WorkflowStore } from '../../storage/workflow-store.js';
import { EventQueue } from './event-queue.js';
import type { TokenFeed } from './token-feed.js';

/** One who is further behind is told so: there is no cursor over all tokens of a workflow to go on from. */
const MAX_WAITING = 1000;

interface WorkflowEventsParts {
  readonly storage: { readonly workflows: Pick<WorkflowStore, 'get'> };
  readonly feed: TokenFeed;
}

/**
 * What happens from now on to any token of a workflow. Does not end by itself. Throws NOT_FOUND for a workflow that
 * nobody knows.
 */
export async function workflowEvents(
  { storage, feed }: WorkflowEventsParts,
  workflowId: string,
): Promise<AsyncIterableIterator<StoredTokenEvent>> {
  if ((await storage.workflows.get(workflowId)) === undefined) throw notFound('workflow', workflowId);
  let leave: () => void = () => undefined;
  const queue = new EventQueue<StoredTokenEvent>(() => {
    leave();
  });
  leave = await feed.listen(
    { workflowId },
    {
      take: (event) => {
        if (queue.size < MAX_WAITING) queue.push(event);
        else queue.end(tooSlow(workflowId));
      },
      end: () => {
        queue.end();
      },
    },
  );
  return queue;
}

function tooSlow(workflowId: string): CircuitBreakerError {
  const message = `More than ${MAX_WAITING} events of workflow "${workflowId}" wait to be read: subscribe again, and list the tokens to see how they stand.`;
  return new CircuitBreakerError('RATE_LIMITED', message, { retryAfterSeconds: 1 });
}
