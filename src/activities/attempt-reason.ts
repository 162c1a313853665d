import type { Context } from '@temporalio/activity';

import type { AttemptStartCode } from '../core/codes.js';
import type { ModelCall } from '../contract/activities.js';
import { attemptsMade, type AttemptDetails } from './attempt-heartbeat.js';
import type { LoadedTurn } from './load-turn.js';

interface ReasonPlace {
  readonly context: Pick<Context, 'info'>;
  readonly previous: AttemptDetails;
  readonly turn: Pick<LoadedTurn, 'route'>;
}

/** Why an attempt at a turn begins: what its viewers are told. */
export function attemptReason(
  { isBatched, later }: ModelCall,
  { context, previous, turn }: ReasonPlace,
): AttemptStartCode {
  if (turn.route.isFallback) return 'fallback';
  // Viewers were told of the turn when it began to wait for its batch.
  if (attemptsMade(context, previous) === 1) return isBatched === true ? 'batched' : (later?.reason ?? 'first');
  return previous.lastFailure ?? 'worker_lost';
}
