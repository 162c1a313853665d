import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';

import type { TransitionAvailability } from '../core/engine/available-transitions.js';
import type { ExecutionRequest, ExecutionResult } from '../core/executions/execution.js';
import type { Approve, Reject, ToolApproval } from '../core/executions/tool-approval.js';
import type { FireRequest } from '../core/tokens/fire-request.js';
import type { TokenStart } from '../core/tokens/token-start.js';
import type { Token } from '../core/tokens/token.js';
import type { MigrateRequest } from '../core/tokens/migrate-request.js';
import type { UpdateRequest } from '../core/tokens/update-request.js';

export type { TokenStart };

/** Names and shapes on the wire. Any Temporal client, in any language, may rely on them: they never change meaning. */

export const TOKEN_LIFECYCLE = 'tokenLifecycle';
export const AGENT_EXECUTION = 'agentExecution';

/** What `TOKEN_LIFECYCLE` takes and ends with. A type, since Temporal's client asks for one that is called like a function. */
export type TokenLifecycle = (start: TokenStart) => Promise<Token>;
/** What `AGENT_EXECUTION` takes and ends with. */
export type AgentExecution = (request: ExecutionRequest) => Promise<ExecutionResult>;

export interface FireAccepted {
  readonly token: Token;
  /** Set when the transition runs an agent. */
  readonly executionId?: string;
}

/** Never fails the workflow: a refusal becomes an event of the token. */
export const fireTransitionSignal = defineSignal<[FireRequest]>('fireTransition');
/** Answers as soon as the fire is accepted and recorded; a refusal rejects it with all blockers. */
export const fireUpdate = defineUpdate<FireAccepted, [FireRequest]>('fire');
export interface TokenAnswer {
  readonly token: Token;
}

export interface Triggered extends TokenAnswer {
  readonly executionIds: readonly string[];
}

/** JSON Merge Patches on data and metadata, also while a transition's agent runs. */
export const updateTokenUpdate = defineUpdate<TokenAnswer, [UpdateRequest]>('updateToken');
/** Tries again what raised the incident; without one it changes nothing. */
export const retryUpdate = defineUpdate<TokenAnswer>('retry');
/** Ends the token where it is; its executions are cancelled. */
export const cancelUpdate = defineUpdate<TokenAnswer, [{ readonly reason?: string }]>('cancel');
/** Runs the agents of the token's place now, as far as their conditions hold. */
export const triggerPlaceAgentsUpdate = defineUpdate<Triggered>('triggerPlaceAgents');
export interface Migrated extends Triggered {
  /** False: it was over already, and nothing has happened. */
  readonly migrated: boolean;
}

/**
 * The token goes over to another version of its workflow, and what follows is decided by that. Refused with MIGRATION_REFUSED and all
 * that stands against it. The same again is the same.
 */
export const migrateUpdate = defineUpdate<Migrated, [MigrateRequest]>('migrate');
/** What was added to the workflow (place agents) or said of it (rollouts) is other now: the token looks it up again. */
export const placeAgentsChangedSignal = defineSignal('placeAgentsChanged');
export const tokenQuery = defineQuery<Token>('token');
/** What an accepted fire was answered, also of a token that has ended; null: no such fire was accepted. */
export const acceptedFireQuery = defineQuery<FireAccepted | null, [FireRequest]>('acceptedFire');
/** Every transition out of the token's place, with what blocks it. */
export const availableTransitionsQuery = defineQuery<readonly TransitionAvailability[]>('availableTransitions');

/** A person lets a call be made, with other arguments where some are given. The same again is the same; else ALREADY_DECIDED. */
export const approveToolCallUpdate = defineUpdate<ToolApproval, [Approve]>('approveToolCall');
/** The model is told that the call was rejected, and goes on; with `stop` its execution fails. Repeated as an approval is. */
export const rejectToolCallUpdate = defineUpdate<ToolApproval, [Reject]>('rejectToolCall');
/** The calls of an execution that wait for a person. */
export const pendingApprovalsQuery = defineQuery<readonly ToolApproval[]>('pendingApprovals');

/**
 * The task queues of a `TASK_QUEUE_PREFIX`. Workflows, local activities and model calls run on the main queue, and are started there;
 * what a rate limit must not hold up runs on the other.
 *
 * @example
 * ```ts
 * import { Client } from '@temporalio/client';
 * import { TOKEN_LIFECYCLE, taskQueues, type TokenLifecycle } from 'circuit-breaker';
 *
 * const token = await new Client().workflow.execute<TokenLifecycle>(TOKEN_LIFECYCLE, {
 *   taskQueue: taskQueues('circuit-breaker').main,
 *   workflowId: 'doc-42',
 *   args: [{ workflowId: 'document_review', data: { content: 'Travel needs approval.' } }],
 * });
 * console.log(token.place);
 * ```
 */
export function taskQueues(prefix: string): { readonly main: string; readonly tools: string } {
  return { main: prefix, tools: `${prefix}-tools` };
}
