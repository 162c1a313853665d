import type { Blocker } from '../rules/blocker.js';
import { findBlockers } from './find-blockers.js';
import { transitionsFrom, type Transition, type WorkflowDefinition } from '../definitions/definition.js';
import { RuleBudget } from '../rules/rule-budget.js';
import type { FireRequest } from '../tokens/fire-request.js';
import { atOnce, type Steps } from '../steps.js';
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
  return atOnce(availabilitySteps(definition, token));
}

/** The same in steps, one for each transition; for whoever fires: an agent may do less than a person. */
export function* availabilitySteps(
  definition: WorkflowDefinition,
  token: Token,
  by: Pick<FireRequest, 'executionId'> = {},
): Steps<readonly TransitionAvailability[]> {
  const budget = new RuleBudget();
  const available: TransitionAvailability[] = [];
  for (const transition of transitionsFrom(definition, token.place)) {
    const blockers = findBlockers({ definition, token, budget }, { ...by, transitionId: transition.id });
    available.push({ transition, canFire: blockers.length === 0, blockers });
    yield;
  }
  return available;
}
