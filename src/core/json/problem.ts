import type { ProblemCode } from '../codes.js';

/** What does not fit, at its place. */
export interface Misfit {
  /** JSON pointer; empty: the whole. */
  readonly pointer: string;
  readonly message: string;
}

/** For people and models who read it. */
export function wordsOfMisfits(misfits: readonly Misfit[]): string {
  return misfits.map(({ pointer, message }) => `${pointer} ${message}`.trim()).join('; ');
}

/** Something wrong in an input, found when it is saved. `pointer` is a JSON pointer into the input. */
export interface Problem extends Misfit {
  readonly code: ProblemCode;
}
