import { Context } from '@temporalio/activity';

import type { RecordedToken } from '../contract/activities.js';
import { isJsonObject } from '../core/json/json.js';
import type { TokenRecord } from '../core/tokens/token-record.js';
import { tracedIn } from '../telemetry/execution-span.js';
import { followNewestRun } from '../operations/follow-newest-run.js';
import type { ActivityParts } from './activity-parts.js';

/**
 * Stores a record of the run that asks, as Temporal says which that is: after a reset an activity may have been asked for by
 * the run before. One of a run that is not the newest any more changes nothing.
 */
export async function recordToken(parts: ActivityParts, record: TokenRecord): Promise<RecordedToken> {
  const traced = tracedIn(parts.traces);
  const executions = record.executions.map((execution) => ({ ...execution, ...traced }));
  const recordOfRun = { ...record, executions, runId: runIdOf(Context.current()) };
  const taken = (await parts.storage.tokens.record(recordOfRun)) ?? (await followNewestRun(parts, recordOfRun));
  if (taken === undefined)
    parts.logger.info(
      { tokenId: record.token.id, runId: recordOfRun.runId },
      'a run that is not the newest of its token has recorded nothing',
    );
  else tell(parts, record);
  return taken === undefined || taken.length === 0 ? {} : { taken };
}

/** Has what happened measured, and logged. */
function tell({ metrics, logger }: ActivityParts, { token, events }: TokenRecord): void {
  const { id: tokenId, workflowId, place } = token;
  for (const { type, transitionId, executionId, details } of events) {
    const facts = { tokenId, workflowId, place, transitionId, executionId };
    if (type === 'TRANSITION_FIRED' && transitionId !== undefined) {
      metrics.transitionTaken(workflowId, transitionId);
      logger.debug(facts, 'a token took a transition');
    }
    const code = isJsonObject(details) ? details['code'] : undefined;
    if (type === 'INCIDENT_RAISED' && typeof code === 'string') {
      metrics.incidentRaised(workflowId, code);
      logger.info({ ...facts, code }, 'a token has an incident');
    }
  }
}

function runIdOf({ info }: Context): string {
  if (info.workflowExecution === undefined) throw new Error('Tokens are recorded by their Temporal workflows only.');
  return info.workflowExecution.runId;
}
