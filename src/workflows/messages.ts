import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';

import type { TransitionAvailability } from '../core/available-transitions.js';
import type { FireRequest } from '../core/fire-request.js';
import type { Token } from '../core/token.js';

export type { TokenStart } from '../core/token-start.js';

/** Names and shapes on the wire. Any Temporal client, in any language, may rely on them: they never change meaning. */

export const TOKEN_LIFECYCLE = 'tokenLifecycle';
export const AGENT_EXECUTION = 'agentExecution';

export interface FireAccepted {
  readonly token: Token;
  /** Set when the transition runs an agent. */
  readonly executionId?: string;
}

/** Never fails the workflow: a refusal becomes an event of the token. */
export const fireTransitionSignal = defineSignal<[FireRequest]>('fireTransition');
/** Answers as soon as the fire is accepted and recorded; a refusal rejects it with all blockers. */
export const fireUpdate = defineUpdate<FireAccepted, [FireRequest]>('fire');
export const tokenQuery = defineQuery<Token>('token');
/** Every transition out of the token's place, with what blocks it. */
export const availableTransitionsQuery = defineQuery<readonly TransitionAvailability[]>('availableTransitions');

/** Workflows, local activities and model calls run on the main queue; what a rate limit must not hold up on the other. */
export function taskQueues(prefix: string): { readonly main: string; readonly tools: string } {
  return { main: prefix, tools: `${prefix}-tools` };
}
