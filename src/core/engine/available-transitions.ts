import type { Blocker } from '../rules/blocker.js';
import { findBlockers } from './find-blockers.js';
import { transitionsFrom, type Transition, type WorkflowDefinition } from '../definitions/definition.js';
import { RuleBudget } from '../rules/rule-budget.js';
import type { Token } from '../tokens/token.js';

export interface TransitionAvailability {
  readonly transition: Transition;
  readonly canFire: boolean;
  readonly blockers: readonly Blocker[];
}

/** Every transition out of the token's place, with all that blocks it: a dry run of firing each one now. */
export function transitionAvailability(
  definition: WorkflowDefinition,
  token: Token,
): readonly TransitionAvailability[] {
  const budget = new RuleBudget();
  return transitionsFrom(definition, token.place).map((transition) => {
    const blockers = findBlockers({ definition, token, budget }, { transitionId: transition.id });
    return { transition, canFire: blockers.length === 0, blockers };
  });
}
