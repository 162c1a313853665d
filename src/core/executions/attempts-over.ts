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

/** What is known of an attempt of which nothing could be noted: `startedAt` is when it was found missing. */
type Unnoted = Pick<ModelAttempt, 'provider' | 'model' | 'startedAt'>;

/**
 * The attempts of an execution of which so many turns are finished, with a completed one for each of these turns that has none:
 * neither its beginning nor its end could be noted.
 */
export function withUnnotedTurns(
  attempts: readonly ModelAttempt[],
  finishedTurns: number,
  unnoted: Unnoted,
): readonly ModelAttempt[] {
  const turns = Array.from({ length: finishedTurns }, (_, index) => index + 1);
  const missing = turns
    .filter((turn) => !attempts.some((one) => one.turn === turn && one.outcome === 'completed'))
    .map((turn): ModelAttempt => {
      const attempt = attempts.filter((one) => one.turn === turn).length + 1;
      return { turn, attempt, ...unnoted, outcome: 'completed' };
    });
  return missing.length === 0
    ? attempts
    : [...attempts, ...missing].toSorted((left, right) => left.turn - right.turn || left.attempt - right.attempt);
}

/** How many vanished with their workers. */
export function lostIn(attempts: readonly ModelAttempt[]): number {
  return attempts.filter(({ outcome }) => outcome === 'lost').length;
}
