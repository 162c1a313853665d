import { ownValue } from '../json/json.js';
import { findBlockers, isOpen } from './find-blockers.js';
import { findTransition, transitionsFrom, type PlaceAgent, type Transition } from '../definitions/definition.js';
import { runPlaceAgents, withRuns } from './place-agent-runs.js';
import { reasonsOf } from './refusal.js';
import { change, tell, withToken, type Progress } from './progress.js';
import type { Incident } from '../tokens/token.js';
import { takeTransition } from './take-transition.js';

/** Moves that a token may make by itself without an event from outside, before it stops with an incident. */
export const MAX_AUTOMATIC_STEPS = 100;

/**
 * Lets the token go on by itself: after every change what a place agent's run leads to, else the first automatic
 * transition out of its place, in definition order, that nothing blocks. Where none is left, or an incident stands,
 * the agents of the place that it is in then get their turn.
 */
export function settle(progress: Progress): Progress {
  let settled = progress;
  for (;;) {
    const next = nextByItself(settled);
    if (next === undefined) return runPlaceAgents(settled);
    if (settled.token.automaticSteps >= MAX_AUTOMATIC_STEPS) return stopForGood(settled);
    const counted = withToken(settled, { automaticSteps: settled.token.automaticSteps + 1 });
    settled = takeTransition(withoutDue(counted, next), next, {});
  }
}

/** Fires what a place agent's run leads to. Refused, that is told once, and tried again at every change. */
export function fireAutoTransition(progress: Progress, { id, autoTransition }: PlaceAgent): Progress {
  const runs = ownValue(progress.token.placeAgentRuns, id);
  if (autoTransition === undefined || runs === undefined) return settle(progress);
  const marked = withRuns(progress, id, { ...runs, transitionDue: true });
  const { token } = marked;
  const blockers = findBlockers(marked, { transitionId: autoTransition });
  if (blockers.length === 0 && token.incident === undefined) return settle(marked);
  const message = token.incident === undefined ? reasonsOf(blockers) : `the incident ${token.incident.code} stands`;
  const details = { code: 'TRANSITION_REFUSED', message, placeAgentId: id };
  return settle(tell(marked, [{ type: 'TRANSITION_REFUSED', transitionId: autoTransition, details }]));
}

function nextByItself(progress: Progress): Transition | undefined {
  if (progress.token.incident !== undefined || progress.token.status !== 'ACTIVE') return undefined;
  const { definition, token } = progress;
  const automatic = transitionsFrom(definition, token.place).filter(({ trigger }) => trigger === 'automatic');
  return [...ledTo(progress), ...automatic].find((transition) => isOpen(progress, transition));
}

/** The transitions that successful runs of place agents lead to and that were not taken yet. */
function ledTo({ definition, token }: Progress): readonly Transition[] {
  return definition.placeAgents.flatMap(({ id, autoTransition }) => {
    if (autoTransition === undefined || ownValue(token.placeAgentRuns, id)?.transitionDue !== true) return [];
    return findTransition(definition, autoTransition) ?? [];
  });
}

/** What is fired is not due any more, however its agent ends. */
function withoutDue(progress: Progress, { id }: Transition): Progress {
  const { definition, token } = progress;
  const led = definition.placeAgents.filter(({ autoTransition }) => autoTransition === id);
  return led.reduce((cleared, agent) => {
    const known = ownValue(token.placeAgentRuns, agent.id);
    if (known === undefined) return cleared;
    const { transitionDue: _taken, ...runs } = known;
    return withRuns(cleared, agent.id, runs);
  }, progress);
}

/** Raises the incident that the token waits with for somebody to look why it goes round in a circle. */
export function stopForGood(progress: Progress): Progress {
  const incident: Incident = {
    code: 'automatic_steps_exceeded',
    message: `moved ${MAX_AUTOMATIC_STEPS} times by itself without an event from outside: the workflow may run in a circle`,
    since: progress.facts.now,
  };
  return change(progress, { incident }, [{ type: 'INCIDENT_RAISED', details: { ...incident } }]);
}
