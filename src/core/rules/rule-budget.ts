import { Room } from '../json/room.js';

/**
 * Steps that the rules of one decision may take together. Some hundred thousand are some ten milliseconds: far more
 * than rules need, and little enough that no definition can stall the Temporal workflows beside it.
 */
const MAX_STEPS = 500_000;

/** How much text is looked through in one step. */
const CHARACTERS_PER_STEP = 64;

/** The same where our own code looks at each letter. */
const LETTERS_PER_STEP = 8;

/** Listing the members of a large object takes longer than to look at one of them. */
const STEPS_PER_KEY = 2;

/** Characters in which the rules of one decision may say, together, why they do not hold. */
const MAX_WORDS = 128_000;

/** What the rules of one decision may spend. Counts steps instead of time, so that a replay comes to the same end. */
export class RuleBudget {
  /** For what is said of rules that do not hold. Of its own: words must not cost another rule its verdict. */
  readonly words = new Room(MAX_WORDS);
  readonly #steps: number;
  #left: number;

  constructor(steps = MAX_STEPS) {
    this.#steps = steps;
    this.#left = steps;
  }

  /** Steps that were taken; never more than there were. */
  get spent(): number {
    return this.#steps - Math.max(this.#left, 0);
  }

  /** Nothing is left: rules are in error from now on, and cost nothing any more. */
  get isExhausted(): boolean {
    return this.#left < 0;
  }

  /** Throws BudgetExhausted when there is nothing left. */
  spend(steps = 1): void {
    this.#left -= steps;
    if (this.#left < 0) throw new BudgetExhausted();
  }

  spendOnText(length: number): void {
    this.spend(1 + Math.floor(length / CHARACTERS_PER_STEP));
  }

  spendOnLetters(length: number): void {
    this.spend(Math.floor(length / LETTERS_PER_STEP));
  }

  spendOnKeys(count: number): void {
    this.spend(count * STEPS_PER_KEY);
  }
}

/** Of the decisions of one moment together: some thousand fires of ordinary rules, or ten that take all they may. */
const MAX_STEPS_OF_A_MOMENT = 5_000_000;

/**
 * What the decisions of one moment may spend together. A Temporal workflow sees one time during a task, in which thousands
 * of signals may arrive; it sees the same time when it is replayed.
 */
export class MomentBudget {
  #now = '';
  #left = MAX_STEPS_OF_A_MOMENT;

  /** Decides with what the moment has left for one decision. */
  spendOn<Decided>(now: string, decide: (budget: RuleBudget) => Decided): Decided {
    if (now !== this.#now) this.#left = MAX_STEPS_OF_A_MOMENT;
    this.#now = now;
    const budget = new RuleBudget(Math.min(MAX_STEPS, this.#left));
    const decided = decide(budget);
    this.#left -= budget.spent;
    return decided;
  }
}

export const TOO_MANY_STEPS = 'the rules of this workflow take too many steps';

export class BudgetExhausted extends Error {
  constructor() {
    super(TOO_MANY_STEPS);
  }
}
