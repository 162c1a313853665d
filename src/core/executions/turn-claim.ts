import type { JsonValue } from '../json/json.js';

/** One of a series of attempts at a turn, of which each takes the place of those before it. */
export interface TurnClaim {
  /** Temporal's: a run of an execution, and its activity. */
  readonly series: string;
  /** From 1. */
  readonly attempt: number;
}

/** What an attempt leaves of its turn. */
export interface TurnToStore {
  readonly result: JsonValue;
  /** Absent: it is stored whoever claims the turn. */
  readonly claim?: TurnClaim;
}

/** The claim that holds once another one is made. One of another series comes after a reset, which no number tells. */
export function heldClaim(before: TurnClaim | undefined, made: TurnClaim): TurnClaim {
  return before !== undefined && isOutdated(made, before) ? before : made;
}

/** Whether an attempt of the same series has taken the turn over. */
export function isOutdated(claim: TurnClaim, held: TurnClaim): boolean {
  return held.series === claim.series && held.attempt > claim.attempt;
}
