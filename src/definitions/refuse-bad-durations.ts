import type { Problem } from '../core/json/problem.js';

/** Throws a TypeError with the first of them. The types let none through. */
export function refuseBadDurations([problem]: readonly Problem[]): void {
  if (problem !== undefined) throw new TypeError(`${problem.pointer} ${problem.message}`);
}
