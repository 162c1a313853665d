import type { PlaceAgent } from '../definitions/definition.js';
import type { Incident } from '../tokens/token.js';
import { change, type Progress } from './progress.js';

interface Failure extends Pick<Incident, 'code' | 'message'> {
  /** Absent: it never began. */
  readonly executionId?: string;
}

/** Raises the incident of a place agent's failed run. One that stands already stays: the first thing to mend is what came first. */
export function raisePlaceAgentIncident(progress: Progress, agent: PlaceAgent, failed: Failure): Progress {
  const { executionId, ...failure } = failed;
  const { incident: standing } = progress.token;
  if (standing !== undefined && standing.placeAgentId !== agent.id) return progress;
  const whose = executionId === undefined ? {} : { executionId };
  const incident = { ...failure, ...whose, placeAgentId: agent.id, since: progress.facts.now };
  const details = { ...failure, placeAgentId: agent.id };
  return change(progress, { incident }, [{ type: 'INCIDENT_RAISED', ...whose, details }]);
}
