import type { Context } from '@temporalio/activity';

import type { TurnClaim } from '../core/executions/turn-claim.js';
import type { TurnResult } from '../core/executions/turn.js';
import type { JsonValue } from '../core/json/json.js';
import { finalFailure } from '../contract/failures.js';
import type { ActivityParts } from './activity-parts.js';

/** A turn that has ended, as it was stored. Fails for good where its execution was deleted meanwhile. */
export async function storedTurn(
  { storage }: Pick<ActivityParts, 'storage'>,
  { executionId, turn }: { readonly executionId: string; readonly turn: number },
): Promise<TurnResult> {
  const stored = await storage.executions.getTurn(executionId, turn);
  if (stored !== undefined) return turnResultOf(stored);
  throw finalFailure({ code: 'invalid_request', message: `Turn ${turn} of the execution was deleted meanwhile.` });
}

/** Of what these activities themselves stored as a turn: its shape is known. */
export function turnResultOf(stored: JsonValue): TurnResult {
  return stored as unknown as TurnResult;
}

/** What an attempt stores its turn with. */
export function turnClaim({ info }: Pick<Context, 'info'>): TurnClaim {
  return { series: `${info.workflowExecution?.runId ?? ''}/${info.activityId}`, attempt: info.attempt };
}
