import { endWithoutAgents } from './end-without-agents.js';
import { cancelToken } from './cancel-token.js';
import type { Decision, Facts, Refusal, TokenInput } from './decision.js';
import { findTransition, type Transition, type WorkflowDefinition } from '../definitions/definition.js';
import { endExecution } from './end-execution.js';
import { closedBlockers, findBlockers } from './find-blockers.js';
import type { FireRequest } from '../tokens/fire-request.js';
import { copySteps, ownBounds, TOO_MUCH_STARTED } from './decision-bounds.js';
import { dropPlaceAgents, triggerPlaceAgents } from './place-agent-runs.js';
import { tell, withToken, type Progress } from './progress.js';
import { busyRefusal, refusalOf, tooLargeRefusal } from './refusal.js';
import { raiseRefusedRecord } from './refused-record.js';
import { retryToken } from './retry-token.js';
import { migrateToken } from './migrate-token.js';
import { keysCopied } from '../json/merge-patch.js';
import { RuleBudget } from '../rules/rule-budget.js';
import { MAX_AUTOMATIC_STEPS, settle, stopForGood } from './settle.js';
import { storableInput } from './storable-input.js';
import { takeTransition, takeTooLarge } from './take-transition.js';
import { fieldsSize } from '../tokens/token-size.js';
import type { Token } from '../tokens/token.js';
import { updateToken } from './update-token.js';

/**
 * What happens to a token when something arrives. Pure: the same input gives the same answer, nothing is mutated.
 * Serves the Update validators, the signal handlers and the tests alike.
 */
// The fourth parameter is the design's: what arrives and what the clock says are two things.
// eslint-disable-next-line max-params
export function decide(definition: WorkflowDefinition, token: Token, given: TokenInput, facts: Facts): Decision {
  const input = storableInput(given);
  const { budget = new RuleBudget(), bounds = ownBounds() } = facts;
  const progress: Progress = { definition, token, facts, budget, bounds, events: [], effects: [] };
  switch (input.type) {
    case 'created':
      return decisionOf(settle(greet(progress)));
    case 'fire':
      return fire(progress, input);
    case 'execution-ended':
      return decisionOf(endExecution(progress, input));
    case 'time-passed':
      return decisionOf(settle(progress));
    case 'place-agents-changed': {
      const dropped = dropPlaceAgents(progress);
      return decisionOf(settle(input.keepsToken === true ? dropped : endWithoutAgents(dropped)));
    }
    case 'reset':
      // No change of the token: what is sent once more after a reset may expect the version that it had.
      return decisionOf(tell(progress, [{ type: 'RESET' }]));
    case 'record-refused':
      return decisionOf(raiseRefusedRecord(progress, input.message));
    case 'update':
    case 'retry':
    case 'cancel':
    case 'trigger-place-agents':
    case 'migrate':
      return whileActive(progress, input);
  }
}

type FromOutside = Extract<TokenInput, { type: 'update' | 'retry' | 'cancel' | 'trigger-place-agents' | 'migrate' }>;

function whileActive(progress: Progress, input: FromOutside): Decision {
  const { token, bounds } = progress;
  const closed = closedBlockers(token);
  if (closed.length > 0) return refused(progress, refusalOf(token, input.type, closed));
  switch (input.type) {
    case 'update': {
      if (bounds.copies.isFull) return { ...refused(progress, busyRefusal(token)), reachedBounds: true };
      const updated = updateToken(progress, input);
      if (updated.type === 'refused') return refused(progress, updated.refusal);
      return unlessTooMuch(progress, settle(updated.progress));
    }
    case 'retry': {
      const retried = retryToken(progress);
      return retried.type === 'refused' ? refused(progress, retried.refusal) : decisionOf(retried.progress);
    }
    case 'cancel':
      return decisionOf(cancelToken(progress, input.reason));
    case 'trigger-place-agents':
      return unlessTooMuch(progress, triggerPlaceAgents(withToken(progress, { automaticSteps: 0 })));
    case 'migrate': {
      const migrated = migrateToken(progress, input);
      if (migrated.type === 'refused') return refused(progress, migrated.refusal);
      return unlessTooMuch(progress, settle(migrated.progress));
    }
  }
}

/** What was decided, unless more was to be started than Temporal could carry: whoever asks is told, and nothing has happened. */
function unlessTooMuch(before: Progress, after: Progress): Decision {
  if (!after.bounds.starts.isFull) return decisionOf(after);
  return { ...refused(before, tooLargeRefusal(TOO_MUCH_STARTED)), reachedBounds: true };
}

function greet(progress: Progress): Progress {
  const completed = progress.token.status === 'COMPLETED';
  return tell(progress, completed ? [{ type: 'CREATED' }, { type: 'COMPLETED' }] : [{ type: 'CREATED' }]);
}

function fire(progress: Progress, request: FireRequest): Decision {
  const { token, bounds } = progress;
  if (bounds.copies.isFull) return { ...refuseFire(progress, request, busyRefusal(token)), reachedBounds: true };
  if (request.data !== undefined)
    bounds.copies.take(copySteps(keysCopied(token.data, request.data), fieldsSize(token)));
  const checked = checkFire(progress, request);
  if (checked.type === 'refused') return refuseFire(progress, request, checked.refusal);
  if (request.executionId !== undefined) return decisionOf(takeByAgent(progress, checked.transition, request));
  // A fire comes from outside: the token may go on by itself for another while.
  const reset = withToken(progress, { automaticSteps: 0 });
  const taken = settle(takeTransition(reset, checked.transition, request));
  if (!bounds.starts.isFull) return decisionOf(taken);
  return { ...refuseFire(progress, request, tooLargeRefusal(TOO_MUCH_STARTED)), reachedBounds: true };
}

/** An agent's fire is a step by itself: two places whose agents send a token to each other would do so for ever. */
function takeByAgent(progress: Progress, transition: Transition, request: FireRequest): Progress {
  const automaticSteps = progress.token.automaticSteps + 1;
  const taken = takeTransition(withToken(progress, { automaticSteps }), transition, request);
  return settle(automaticSteps < MAX_AUTOMATIC_STEPS ? taken : stopForGood(taken));
}

type CheckedFire =
  { readonly type: 'refused'; readonly refusal: Refusal } | { readonly type: 'clear'; readonly transition: Transition };

function checkFire(progress: Progress, request: FireRequest): CheckedFire {
  const { definition, token } = progress;
  const blockers = findBlockers(progress, request);
  const transition = findTransition(definition, request.transitionId);
  if (blockers.length > 0 || transition === undefined) {
    return { type: 'refused', refusal: refusalOf(token, `take ${request.transitionId}`, blockers) };
  }
  const tooLarge = takeTooLarge(progress, transition, request);
  if (tooLarge === undefined) return { type: 'clear', transition };
  return { type: 'refused', refusal: tooLargeRefusal(tooLarge) };
}

function refuseFire(progress: Progress, request: FireRequest, refusal: Refusal): Decision {
  const details = { code: refusal.code, message: refusal.message };
  return refused(
    tell(progress, [{ type: 'TRANSITION_REFUSED', transitionId: request.transitionId, details }]),
    refusal,
  );
}

function refused(progress: Progress, refusal: Refusal): Decision {
  const { token, events, effects } = progress;
  return { token, events, effects, refusal };
}

function decisionOf({ token, events, effects, bounds }: Progress): Decision {
  return { token, events, effects, ...(bounds.starts.isFull ? { reachedBounds: true } : {}) };
}
