import { Context } from '@temporalio/activity';

import type { RecordedToken } from '../contract/activities.js';
import { isJsonObject } from '../core/json/json.js';
import type { TokenRecord } from '../core/tokens/token-record.js';
import { tracedIn } from '../telemetry/execution-span.js';
import { followNewestRun } from '../operations/follow-newest-run.js';
import type { TokenRecorded } from '../storage/token-store.js';
import type { ActivityParts } from './activity-parts.js';

/**
 * Stores a record of the run that asks, as Temporal says which that is: after a reset an activity may have been asked for by
 * the run before. One of a run that is not the newest any more changes nothing.
 */
export async function recordToken(parts: ActivityParts, record: TokenRecord): Promise<RecordedToken> {
  const traced = tracedIn(parts.traces);
  const executions = record.executions.map((execution) => ({ ...execution, ...traced }));
  const recordOfRun = { ...record, executions, runId: runIdOf(Context.current()) };
  const recorded = (await parts.storage.tokens.record(recordOfRun)) ?? (await followNewestRun(parts, recordOfRun));
  if (recorded === undefined) {
    parts.logger.info(
      { tokenId: record.token.id, runId: recordOfRun.runId },
      'a run that is not the newest of its token has recorded nothing',
    );
    return {};
  }
  tell(parts, record, recorded);
  const { taken } = recorded;
  return taken.length === 0 ? {} : { taken };
}

/** Has what happened measured, and logged: once, also where an earlier attempt has stored it and could not say so. */
function tell({ metrics, logger }: ActivityParts, { token, events }: TokenRecord, { added }: TokenRecorded): void {
  const { id: tokenId, workflowId, place } = token;
  const news = new Set(added);
  for (const { number, type, transitionId, executionId, details } of events) {
    if (!news.has(number)) continue;
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
