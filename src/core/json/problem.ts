import type { ProblemCode } from '../codes.js';

/** Something wrong in an input, found when it is saved. `pointer` is a JSON pointer into the input. */
export interface Problem {
  readonly code: ProblemCode;
  readonly pointer: string;
  readonly message: string;
}
