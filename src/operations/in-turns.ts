import { setImmediate } from 'node:timers/promises';

import type { Steps } from '../core/steps.js';

/** Does work to its end, in however many turns of the event loop. */
export type Perform = <Result>(steps: Steps<Result>) => Promise<Result>;

/** How long one turn may take: others wait so long at the most, give or take a step. */
const TURN_MS = 10;

/** Does as many steps as one turn may take. */
export function oneTurnOf<Result>(
  steps: Steps<Result>,
  clock = () => performance.now(),
): IteratorResult<undefined, Result> {
  const until = clock() + TURN_MS;
  for (;;) {
    const step = steps.next();
    if (step.done === true || clock() >= until) return step;
  }
}

/** Lets everything else have its turn of the event loop. */
export const nextTurn = () => setImmediate();

/** Does work and lets everything else have its turn in between. */
export const inTurns: Perform = async (steps) => {
  for (;;) {
    const turn = oneTurnOf(steps);
    if (turn.done === true) return turn.value;
    await nextTurn();
  }
};
