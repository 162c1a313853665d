import type { Blocker } from '../rules/blocker.js';
import type { ErrorCode, ExecutionFailureCode } from '../codes.js';
import type { ExecutionRequest, ExecutionResult } from '../executions/execution.js';
import type { WorkflowDefinition } from '../definitions/definition.js';
import type { FireRequest } from '../tokens/fire-request.js';
import type { UpdateRequest } from '../tokens/update-request.js';
import type { DecisionBounds } from './decision-bounds.js';
import type { RuleBudget } from '../rules/rule-budget.js';
import type { Token, TokenEvent } from '../tokens/token.js';

/** What can arrive at a token. */
export type TokenInput =
  | { readonly type: 'created' }
  | ({ readonly type: 'fire' } & FireRequest)
  | ({ readonly type: 'update' } & UpdateRequest)
  | { readonly type: 'retry' }
  | { readonly type: 'cancel'; readonly reason?: string }
  | { readonly type: 'execution-ended'; readonly executionId: string; readonly outcome: ExecutionOutcome }
  /** Something is due that a schedule armed. */
  | { readonly type: 'time-passed' }
  /** Someone asks that the agents of the token's place run now, whatever their schedules say. */
  | { readonly type: 'trigger-place-agents' }
  | ({ readonly type: 'migrate' } & Migration)
  /** The definition has other place agents, or other rollouts, now. */
  /** With `keepsToken` a token stays active where nothing leads out and nothing runs any more, as it once did. */
  | { readonly type: 'place-agents-changed'; readonly keepsToken?: true }
  /** Its Temporal workflow was reset: what happened to the token after this point never did. */
  | { readonly type: 'reset' }
  /** Storage does not take what is to be recorded of the token, and says why. */
  | { readonly type: 'record-refused'; readonly message: string };

/** To another version of the token's workflow. Where it is not refused, the next decision is made by `target`. */
export interface Migration {
  /** Of which the token has to be. */
  readonly fromVersion: number;
  /** With its programs, the place agents that were added, and the rollouts. */
  readonly target: WorkflowDefinition;
  /** By place, the one that the token is put into; one that is not named stays. */
  readonly placeMapping?: Readonly<Record<string, string>>;
}

/** How an execution ended, as far as its token is concerned. */
export type ExecutionOutcome =
  | { readonly status: 'succeeded'; readonly result: ExecutionResult }
  | { readonly status: 'failed'; readonly errorCode: ExecutionFailureCode; readonly message: string }
  | { readonly status: 'cancelled' }
  /** It never began: something else has its id. */
  | { readonly status: 'id-taken' };

/** What `core` asks the workflow to do. Recording the events, and finishing when the token has closed, go without saying. */
export type Effect =
  | { readonly type: 'start-execution'; readonly execution: ExecutionRequest }
  | { readonly type: 'cancel-execution'; readonly executionId: string };

export interface Refusal {
  readonly code: Extract<
    ErrorCode,
    | 'TOKEN_CLOSED'
    | 'VERSION_CONFLICT'
    | 'TRANSITION_IN_PROGRESS'
    | 'TRANSITION_REFUSED'
    | 'TOKEN_TOO_LARGE'
    | 'RATE_LIMITED'
    | 'MIGRATION_REFUSED'
  >;
  readonly message: string;
  readonly blockers: readonly Blocker[];
}

/** What happens to a token. A refusal leaves the token as it was. */
export interface Decision {
  readonly token: Token;
  readonly events: readonly TokenEvent[];
  readonly effects: readonly Effect[];
  readonly refusal?: Refusal;
  /** Set where it would be another one without bounds on what is started and copied. */
  readonly reachedBounds?: true;
}

/** What the shell knows and core may not find out by itself. */
export interface Facts {
  /** RFC 3339, UTC, milliseconds. */
  readonly now: string;
  /** Set when the token's id was used before: keeps execution ids apart. */
  readonly executionIdSuffix?: string;
  /** Set for a token that began when nothing but its data was counted. */
  readonly countsDataOnly?: true;
  /** What the rules of this decision may spend; absent: as much as any decision may. */
  readonly budget?: RuleBudget;
  /** What else it may take; absent: as much as a decision by itself. */
  readonly bounds?: DecisionBounds;
  /** Set for a token that began when execution ids were made in a way in which two could be the same. */
  readonly joinsExecutionIds?: true;
}
