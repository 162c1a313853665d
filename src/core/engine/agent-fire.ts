import type { Blocker } from '../rules/blocker.js';
import type { FireRequest } from '../tokens/fire-request.js';
import type { Token } from '../tokens/token.js';

/**
 * What stands against a fire by an agent, besides what stands against anybody's: only who runs for the place that the token is
 * in may move it, and not past an incident, which is for people. What is said of closed tokens and pending transitions is
 * said elsewhere.
 */
export function agentBlockers(token: Token, { executionId }: FireRequest): readonly Blocker[] {
  if (executionId === undefined || token.status !== 'ACTIVE' || token.pending !== undefined) return [];
  const isHere = Object.values(token.placeAgentRuns).some((runs) => runs.executionId === executionId);
  if (!isHere) {
    const message = `the token is in ${token.place} and has left the place that execution ${executionId} runs for`;
    return [{ code: 'AGENT_LEFT', message }];
  }
  if (token.incident === undefined) return [];
  return [
    { code: 'INCIDENT', message: `the incident ${token.incident.code} stands: somebody has to look at it first` },
  ];
}
