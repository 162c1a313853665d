import type { Caller } from '../../core/access/caller.js';
import type { Alert } from '../../core/alerts/alert.js';
import { CircuitBreakerError } from '../../core/errors.js';
import { EventQueue } from '../token-events/event-queue.js';
import type { AlertFeed } from './alert-feed.js';

/** One who is further behind is told so. */
const MAX_WAITING = 1000;

interface AlertChangesParts {
  readonly alertFeed: Pick<AlertFeed, 'listen'>;
  readonly caller: Caller;
}

/** The alerts that fire, or are over, from now on, as far as they are the caller's to know. Does not end by itself. */
export async function alertChanges({ alertFeed, caller }: AlertChangesParts): Promise<AsyncIterableIterator<Alert>> {
  let leave: () => void = () => undefined;
  const queue = new EventQueue<Alert>(() => {
    leave();
  });
  leave = await alertFeed.listen({
    take: (alert) => {
      if (!isFor(caller, alert)) return;
      if (queue.size < MAX_WAITING) queue.push(alert);
      else queue.end(tooSlow());
    },
    end: () => {
      queue.end();
    },
  });
  return queue;
}

function isFor({ workflows }: Caller, { workflowId }: Alert): boolean {
  return workflows === undefined || (workflowId !== undefined && workflows.includes(workflowId));
}

function tooSlow(): CircuitBreakerError {
  const message = `More than ${MAX_WAITING} alerts wait to be read: subscribe again, and ask for \`alerts\` to see what is wrong.`;
  return new CircuitBreakerError('RATE_LIMITED', message, { retryAfterSeconds: 1 });
}
