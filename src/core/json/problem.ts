/** Something wrong in an input, found when it is saved. `code` is stable; `pointer` is a JSON pointer into the input. */
export interface Problem {
  readonly code: string;
  readonly pointer: string;
  readonly message: string;
}
