/**
 * Steps that the rules of one decision may take together. Some hundred thousand are some ten milliseconds: far more
 * than rules need, and little enough that no definition can stall the Temporal workflows beside it.
 */
const MAX_STEPS = 500_000;

/** How much text is looked through in one step. */
const CHARACTERS_PER_STEP = 64;

/** Counts steps instead of time, so that a replay comes to the same end. */
export class RuleBudget {
  #left: number;

  constructor(steps = MAX_STEPS) {
    this.#left = steps;
  }

  /** Throws BudgetExhausted when there is nothing left. */
  spend(steps = 1): void {
    this.#left -= steps;
    if (this.#left < 0) throw new BudgetExhausted();
  }

  spendOnText(length: number): void {
    this.spend(1 + Math.floor(length / CHARACTERS_PER_STEP));
  }
}

export class BudgetExhausted extends Error {
  constructor() {
    super('the rules of this workflow take too many steps');
  }
}
