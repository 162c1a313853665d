import type { ModelAttempt } from './execution.js';

/**
 * The attempts of an execution of which so many turns are finished. One that still counts as running, because its end could not
 * be noted, is completed where it is the last of a finished turn, and lost where another one followed it.
 */
export function withFinishedTurns(attempts: readonly ModelAttempt[], finishedTurns: number): readonly ModelAttempt[] {
  return attempts.map((one, index) => {
    if (one.outcome !== 'running' || one.turn > finishedTurns) return one;
    const isFollowed = attempts.slice(index + 1).some(({ turn }) => turn === one.turn);
    return { ...one, outcome: isFollowed ? 'lost' : 'completed' };
  });
}
