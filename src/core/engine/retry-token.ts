import { ownValue } from '../json/json.js';
import type { Refusal } from './decision.js';
import { findTransition } from '../definitions/definition.js';
import { findBlockers } from './find-blockers.js';
import { refusalOf, tooLargeRefusal } from './refusal.js';
import { withRuns } from './place-agent-runs.js';
import { change, withToken, type Progress } from './progress.js';
import { settle } from './settle.js';
import { takeTooLarge, takeTransition } from './take-transition.js';
import type { Incident } from '../tokens/token.js';

export type Retried =
  { readonly type: 'refused'; readonly refusal: Refusal } | { readonly type: 'clear'; readonly progress: Progress };

/**
 * Tries again what raised the incident, with token and definition as they are now. Without an incident nothing happens:
 * a retry that is repeated because its answer got lost does no harm.
 */
export function retryToken(progress: Progress): Retried {
  const { incident } = progress.token;
  if (incident === undefined) return { type: 'clear', progress };
  const reset = withToken(progress, { automaticSteps: 0 });
  if (incident.transitionId !== undefined) return retryTransition(reset, incident.transitionId, incident);
  if (incident.placeAgentId !== undefined)
    return { type: 'clear', progress: retryPlaceAgent(reset, incident.placeAgentId) };
  const resolved = change(reset, { incident: undefined }, [
    { type: 'INCIDENT_RESOLVED', details: { code: incident.code, retried: true } },
  ]);
  return { type: 'clear', progress: settle(resolved) };
}

/** The incident stands until the transition is taken. */
function retryTransition(progress: Progress, transitionId: string, { patch }: Incident): Retried {
  const { definition, token } = progress;
  const request = { transitionId, ...(patch === undefined ? {} : { data: patch }) };
  const blockers = findBlockers(progress, request);
  const transition = findTransition(definition, transitionId);
  if (blockers.length > 0 || transition === undefined) {
    return { type: 'refused', refusal: refusalOf(token, `retry ${transitionId}`, blockers) };
  }
  const tooLarge = progress.facts.countsDataOnly === true ? undefined : takeTooLarge(progress, transition, request);
  if (tooLarge !== undefined) return { type: 'refused', refusal: tooLargeRefusal(tooLarge) };
  return { type: 'clear', progress: settle(takeTransition(progress, transition, request)) };
}

/** Due at once, as far as its conditions hold. The incident stands until a run succeeds. */
function retryPlaceAgent(progress: Progress, id: string): Progress {
  const runs = ownValue(progress.token.placeAgentRuns, id) ?? { count: 0 };
  return settle(
    runs.executionId === undefined ? withRuns(progress, id, { ...runs, due: progress.facts.now }) : progress,
  );
}
