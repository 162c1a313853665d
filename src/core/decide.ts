import { findBlockers, fieldsAfter } from './find-blockers.js';
import { tokenTooLarge } from './token-size.js';
import type { Decision, Facts, Refusal, TokenInput } from './decision.js';
import { findTransition, type Transition, type WorkflowDefinition } from './definition.js';
import { endExecution } from './end-execution.js';
import type { FireRequest } from './fire-request.js';
import { tell, type Progress } from './progress.js';
import { settle } from './settle.js';
import { takeTransition } from './take-transition.js';
import type { Blocker } from './blocker.js';
import type { Token } from './token.js';

/**
 * What happens to a token when something arrives. Pure: the same input gives the same answer, nothing is mutated.
 * Serves the Update validator, the signal handler and the tests alike.
 */
// The fourth parameter is the design's: what arrives and what the clock says are two things.
// eslint-disable-next-line max-params
export function decide(definition: WorkflowDefinition, token: Token, input: TokenInput, facts: Facts): Decision {
  const progress: Progress = { definition, token, facts, events: [], effects: [] };
  switch (input.type) {
    case 'created':
      return decisionOf(settle(greet(progress)));
    case 'fire':
      return fire(progress, input);
    case 'execution-ended':
      return decisionOf(endExecution(progress, input));
  }
}

function greet(progress: Progress): Progress {
  const completed = progress.token.status === 'COMPLETED';
  return tell(progress, completed ? [{ type: 'CREATED' }, { type: 'COMPLETED' }] : [{ type: 'CREATED' }]);
}

function fire(progress: Progress, request: FireRequest): Decision {
  const checked = checkFire(progress, request);
  if (checked.type === 'refused') return refuse(progress, request, checked.refusal);
  // A fire comes from outside: the token may go on by itself for another while.
  const reset = { ...progress, token: { ...progress.token, automaticSteps: 0 } };
  return decisionOf(settle(takeTransition(reset, checked.transition, request)));
}

type CheckedFire =
  { readonly type: 'refused'; readonly refusal: Refusal } | { readonly type: 'clear'; readonly transition: Transition };

function checkFire({ definition, token }: Progress, request: FireRequest): CheckedFire {
  const blockers = findBlockers(definition, token, request);
  const transition = findTransition(definition, request.transitionId);
  if (blockers.length > 0 || transition === undefined) {
    const refusal = { code: refusalCode(blockers), message: refusalMessage(token, request, blockers), blockers };
    return { type: 'refused', refusal };
  }
  const tooLarge = tokenTooLarge(fieldsAfter(token, request));
  if (tooLarge === undefined) return { type: 'clear', transition };
  return { type: 'refused', refusal: { code: 'TOKEN_TOO_LARGE', message: tooLarge, blockers: [] } };
}

function refuse(progress: Progress, request: FireRequest, refusal: Refusal): Decision {
  const details = { code: refusal.code, message: refusal.message };
  const told = tell(progress, [{ type: 'TRANSITION_REFUSED', transitionId: request.transitionId, details }]);
  return { ...decisionOf(told), refusal };
}

function refusalCode(blockers: readonly Blocker[]): Refusal['code'] {
  const has = (code: Blocker['code']) => blockers.some((blocker) => blocker.code === code);
  if (has('NOT_ACTIVE')) return 'TOKEN_CLOSED';
  if (has('VERSION')) return 'VERSION_CONFLICT';
  return has('PENDING') ? 'TRANSITION_IN_PROGRESS' : 'TRANSITION_REFUSED';
}

function refusalMessage(token: Token, request: FireRequest, blockers: readonly Blocker[]): string {
  const reasons = blockers.map((blocker) => blocker.message).join('; ');
  return `Token ${token.id} does not take ${request.transitionId}: ${reasons}.`;
}

function decisionOf({ token, events, effects }: Progress): Decision {
  return { token, events, effects };
}
