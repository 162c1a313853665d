import { cancelPlaceAgents } from './place-agent-runs.js';
import { ask, change, type Progress } from './progress.js';

/** Ends the token where it is, and asks that its executions stop. */
export function cancelToken(progress: Progress, reason: string | undefined): Progress {
  const { pending, shadows } = progress.token;
  const stopped = cancelPlaceAgents(progress);
  const running = [...(pending === undefined ? [] : [pending.executionId]), ...Object.keys(shadows ?? {})];
  const asked = running.reduce((all, executionId) => ask(all, { type: 'cancel-execution', executionId }), stopped);
  const nothing = { pending: undefined, incident: undefined, shadows: undefined, placeAgentRuns: {} };
  const fields = { status: 'CANCELLED' as const, ...nothing };
  return change(asked, fields, [{ type: 'CANCELLED', ...(reason === undefined ? {} : { details: { reason } }) }]);
}
