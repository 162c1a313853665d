import { cancelPlaceAgents } from './place-agent-runs.js';
import { ask, change, type Progress } from './progress.js';

/** Ends the token where it is, and asks that its executions stop. */
export function cancelToken(progress: Progress, reason: string | undefined): Progress {
  const { pending } = progress.token;
  const stopped = cancelPlaceAgents(progress);
  const asked =
    pending === undefined ? stopped : ask(stopped, { type: 'cancel-execution', executionId: pending.executionId });
  const fields = { status: 'CANCELLED' as const, pending: undefined, incident: undefined, placeAgentRuns: {} };
  return change(asked, fields, [{ type: 'CANCELLED', ...(reason === undefined ? {} : { details: { reason } }) }]);
}
