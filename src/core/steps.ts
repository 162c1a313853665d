/**
 * Work in small parts: at each yield whoever does it may let everything else have its turn. What it is about must not change
 * meanwhile.
 */
export type Steps<Result> = Generator<undefined, Result, undefined>;

/** Does all of the work in one piece. */
export function atOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
