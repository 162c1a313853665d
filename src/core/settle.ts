import { findBlockers } from './find-blockers.js';
import { transitionsFrom } from './definition.js';
import { change, type Progress } from './progress.js';
import { takeTransition } from './take-transition.js';

/** Moves that a token may make by itself without an event from outside, before it stops with an incident. */
export const MAX_AUTOMATIC_STEPS = 100;

/**
 * Lets the token go on by itself: after every change the first automatic transition out of its place, in definition
 * order, that nothing blocks. Ends where none is left, an agent runs, or an incident stands.
 */
export function settle(progress: Progress): Progress {
  let settled = progress;
  for (;;) {
    const next = nextAutomatic(settled);
    if (next === undefined) return settled;
    if (settled.token.automaticSteps >= MAX_AUTOMATIC_STEPS) return stopForGood(settled);
    const counted = { ...settled, token: { ...settled.token, automaticSteps: settled.token.automaticSteps + 1 } };
    settled = takeTransition(counted, next, {});
  }
}

function nextAutomatic({ definition, token }: Progress) {
  if (token.incident !== undefined) return undefined;
  return transitionsFrom(definition, token.place).find(
    (transition) =>
      transition.trigger === 'automatic' &&
      findBlockers(definition, token, { transitionId: transition.id }).length === 0,
  );
}

function stopForGood(progress: Progress): Progress {
  const incident = {
    code: 'automatic_steps_exceeded',
    message: `moved ${MAX_AUTOMATIC_STEPS} times by itself without an event from outside: the workflow may run in a circle`,
    since: progress.facts.now,
  };
  return change(progress, { incident }, [{ type: 'INCIDENT_RAISED', details: { ...incident } }]);
}
