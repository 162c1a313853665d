import type { Blocker } from '../rules/blocker.js';
import { ruleBlocker, ruleHolds } from '../rules/evaluate-rule.js';
import type { RuleSubject } from '../rules/judge-rule.js';
import type { Rule } from '../rules/rule.js';

/** As many reasons are told for one transition. */
const MAX_BLOCKERS = 50;

/** What stands against a fire: as many reasons as there are words for, and how many more there are. */
export class BlockerList {
  readonly #subject: RuleSubject;
  readonly #told: Blocker[] = [];
  #left = 0;

  constructor(subject: RuleSubject) {
    this.#subject = subject;
  }

  add(blocker: Blocker): void {
    this.#subject.budget.words.take(blocker.message.length);
    if (this.#isFull) this.#left += 1;
    else this.#told.push(blocker);
  }

  /** Adds a rule where it does not hold. It is evaluated in any case: a transition is open only when all of them hold. */
  addRule(rule: Rule): void {
    if (this.#isFull) {
      if (!ruleHolds(rule, this.#subject)) this.#left += 1;
      return;
    }
    const blocker = ruleBlocker(rule, this.#subject);
    if (blocker !== undefined) this.#told.push(blocker);
  }

  all(): readonly Blocker[] {
    if (this.#left === 0) return this.#told;
    return [...this.#told, { code: 'MORE_BLOCKERS', message: `and ${this.#left} more` }];
  }

  get #isFull(): boolean {
    return this.#told.length >= MAX_BLOCKERS || this.#subject.budget.words.isFull;
  }
}
