import { LRUCache } from 'lru-cache';

import { CircuitBreakerError } from '../core/errors.js';

const SAY_AGAIN_MS = 60_000;
const MOST_KINDS = 200;

interface Told {
  readonly atMs: number;
  leftOut: number;
}

/**
 * Decides of lines about servers that are away, which everybody writes whom it concerns: one a minute is written of each kind, and
 * says how many were left out since the one before.
 */
export class RepeatedLines {
  readonly #told = new LRUCache<string, Told>({ max: MOST_KINDS });
  readonly #now: () => number;

  /** `now`: in milliseconds, from anywhere. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** How many were left out since the last one of its kind that was written; undefined: this one is left out, too. */
  take(kind: string): number | undefined {
    const last = this.#told.get(kind);
    const atMs = this.#now();
    if (last !== undefined && atMs - last.atMs < SAY_AGAIN_MS) {
      last.leftOut += 1;
      return undefined;
    }
    this.#told.set(kind, { atMs, leftOut: 0 });
    return last?.leftOut ?? 0;
  }
}

/**
 * Who is away by the facts of a line, and in which way; undefined: it is about something else. An error is there as such, or with
 * its code and message in its place.
 */
export function kindOfAway(facts: unknown): string | undefined {
  if (typeof facts !== 'object' || facts === null) return undefined;
  const error = 'err' in facts ? facts.err : facts;
  const isTold = error instanceof CircuitBreakerError || error === facts;
  if (!isTold || !('code' in error) || error.code !== 'UNAVAILABLE') return undefined;
  // In brackets is how it was found, which changes while it lasts: connections break, then there are none.
  return 'message' in error && typeof error.message === 'string' ? error.message.split(' (')[0] : undefined;
}
