import type { ExecutionErrorCode, ExecutionFailureCode } from '../core/codes.js';
import type { LlmProvider, ProviderType } from '../core/agents/agent.js';
import type { StructuredText, TextSpan } from '../core/executions/answer-output.js';
import type { Message } from '../core/executions/conversation.js';
import type { ExecutionOutcome } from '../core/engine/decision.js';
import type { WorkflowDefinition } from '../core/definitions/definition.js';
import type {
  EndedStatus,
  ExecutionOverrides,
  ExecutionRequest,
  ExecutionStatus,
} from '../core/executions/execution.js';
import type { ToolApproval } from '../core/executions/tool-approval.js';
import type { Misfit } from '../core/json/problem.js';
import type { JsonObject, JsonValue } from '../core/json/json.js';
import type { RetryLimits } from '../core/executions/turn-retry.js';
import type { TokenUsage } from '../core/streams/stream-event.js';
import type { ToolDecision } from '../core/streams/tool-decision.js';
import type { TurnResult } from '../core/executions/turn.js';
import type { TokenRecord } from '../core/tokens/token-record.js';
import type { TokenStart } from '../core/tokens/token-start.js';
import type { ExecutionFailure } from './failures.js';

/**
 * What Temporal workflows ask for. Every activity is safe to run again: it finds its own earlier effect and leaves it.
 * Failures are ApplicationFailures whose type is a code of `core/codes.ts`.
 */
export interface Activities {
  /** The definition of a token that begins. NOT_FOUND and VALIDATION_FAILED are final. */
  loadDefinition(request: DefinitionRequest): Promise<LoadedDefinition>;
  /** The definition of a token that lives, with the place agents that its workflow has now. */
  reloadDefinition(request: WorkflowVersion): Promise<WorkflowDefinition>;
  /** Gives the ids of its executions that others have; earlier versions of this program gave nothing. */
  recordToken(record: TokenRecord): Promise<RecordedToken | undefined>;
  /** Stores the prompts of an execution and marks it RUNNING; says what its model calls need. */
  prepareAgent(request: ExecutionRequest): Promise<PreparedAgent>;
  /** One turn: calls the model, streams what it says, and returns what it said. Heartbeats; aborts when cancelled. */
  invokeModel(call: ModelCall): Promise<TurnAnswer>;
  /** Adds what a turn leaves behind, once; says how many messages the next turn gets. */
  continueConversation(more: ConversationPart): Promise<number>;
  /** Runs one tool that a turn asked for, unless it has run before, and stores what came of it. Heartbeats. */
  runTool(run: ToolRun): Promise<FinishedToolCall>;
  /** Whether the tool takes arguments that a person gave; UNAVAILABLE on a worker that does not have it. */
  checkArguments(given: GivenArguments): Promise<ArgumentsVerdict>;
  /** Stores what a person is asked or has said, and the status that follows; tells viewers that a call waits. */
  recordApproval(record: ApprovalRecord): Promise<void>;
  /** Adds a turn that called tools to the conversation, with all their results, once; says how many messages the next turn gets. */
  continueWithResults(turn: CalledTurn): Promise<number>;
  /** Stores how an execution ended and closes its stream; a stream that cannot be closed now is left to the sweep. */
  recordExecution(ended: ExecutionEnd): Promise<void>;
  /** Puts a turn among those that wait for a batch, and sees to it that somebody collects them; tells viewers that it waits. */
  joinBatch(call: ModelCall): Promise<void>;
  /** Forgets that a turn waits for a batch, and what came of it. */
  leaveBatch(place: { readonly executionId: string; readonly turn: number }): Promise<void>;
  /** Puts requests that wait into a batch; says how many it has. */
  claimBatch(batch: { readonly groupId: string; readonly batchId: string }): Promise<number>;
  /**
   * Submits a batch, once: what an earlier attempt submitted is found again. Gives the provider's id of it; null where nothing is left
   * to wait for, since nothing was submitted and every execution of it was told why. Heartbeats.
   */
  submitBatch(batch: BatchToSubmit): Promise<string | null>;
  /**
   * Looks whether a batch is over; says so once what came of each of its lines is stored, and each execution was told. It is not over where
   * its provider fails, until it is older than `LONGEST_BATCH_MS`. Heartbeats.
   */
  collectBatch(batch: BatchToSubmit & { readonly providerBatchId: string }): Promise<boolean>;
  /** Gives up a batch: every execution of it that has no answer is told why. */
  failBatch(batch: FailedBatch): Promise<void>;
  /** Waits for an execution that an earlier run of its token started, however long it takes. Heartbeats. */
  adoptExecution(request: { readonly executionId: string; readonly runId?: string }): Promise<AdoptedExecution>;
}

/** How an execution ended that its token has waited for through an activity. */
export type AdoptedExecution =
  | { readonly type: 'ended'; readonly outcome: ExecutionOutcome }
  /** From outside: it could not record its own end. */
  | { readonly type: 'cut-off'; readonly failure: ExecutionFailure };

export interface DefinitionRequest extends Omit<TokenStart, 'data' | 'metadata'> {
  readonly tokenId: string;
  /** The run of Temporal that asks. */
  readonly runId?: string;
}

/** What came of recording a token. */
export interface RecordedToken {
  /** The ids of its new executions under which something else is stored; absent: none. */
  readonly taken?: readonly string[];
}

export interface WorkflowVersion {
  readonly workflowId: string;
  readonly workflowVersion: number;
}

export interface LoadedDefinition {
  /** With the place agents that were added to its workflow, and its expressions parsed. */
  readonly definition: WorkflowDefinition;
  /** Bounds one attempt of an agent where neither agent nor use says otherwise. */
  readonly executionTimeoutSeconds: number;
  /** Set when an earlier token had the same id. */
  readonly executionIdSuffix?: string;
  /** The run of Temporal that loaded it. Absent for a token that began before execution ids were kept apart. */
  readonly runId?: string;
}

export interface PreparedAgent {
  readonly agentId: string;
  readonly agentVersion: number;
  readonly provider: ProviderType;
  readonly model: string;
  readonly conversationId: string;
  /** How many messages of the conversation the model gets. */
  readonly messageCount: number;
  readonly maxTurns: number;
  /** Of its token, for the workflow's budget; absent also in what an earlier version of this program prepared. */
  readonly workflowId?: string;
  /** How many tools may be called; absent: the agent has none, or an earlier version of this program prepared it. */
  readonly maxToolCalls?: number;
  /** The names of its tools; absent where `maxToolCalls` is. */
  readonly tools?: readonly string[];
  /** Bounds one attempt. */
  readonly timeoutSeconds: number;
  /** Tools that a person has to approve, by names and patterns; absent where `maxToolCalls` is, and in earlier versions. */
  readonly approvalRequired?: readonly string[];
  /** How long a call waits for a person; absent: as long as calls do by default. */
  readonly approvalTimeoutSeconds?: number;
  /** Bounds the work of the execution; absent in what an earlier version of this program prepared. */
  readonly deadlineSeconds?: number;
  /** Set where the execution keeps its deadline itself, also where Temporal has one: that leaves room for people. */
  readonly keepsDeadline?: true;
  readonly retry: RetryLimits;
  /** How its answers serve others; absent: they do not. */
  readonly cache?: PreparedCache;
  /** How its turns wait for batches; absent: they do not. */
  readonly batch?: { readonly maxWaitSeconds: number };
}

export interface PreparedCache {
  readonly ttlSeconds: number;
  /** Among whom answers are shared. */
  readonly sharers: string;
  /** Set: the model is asked in any case. */
  readonly isBypassed?: true;
}

/** A batch that has its requests. */
export interface BatchToSubmit {
  readonly batchId: string;
  readonly provider: LlmProvider;
  /** When it was first to be submitted, RFC 3339. */
  readonly since: string;
}

export interface FailedBatch {
  readonly batchId: string;
  readonly code: ExecutionErrorCode;
  readonly message: string;
}

export interface ModelCall {
  readonly executionId: string;
  readonly turn: number;
  readonly prepared: PreparedAgent;
  readonly overrides: ExecutionOverrides;
  /** What the turns before this one have added to the conversation; absent in the first. */
  readonly later?: { readonly messageCount: number; readonly reason: 'repair' | 'tools' };
  /** The answer has come in a batch, and is stored. */
  readonly isBatched?: true;
}

/** A call of a tool: the turn that asked for it is stored, with the arguments. */
export interface ToolRun {
  readonly executionId: string;
  readonly turn: number;
  /** The call's place in its turn, from 0. */
  readonly index: number;
  readonly tool: string;
  /** Whether the agent has that tool: a model may ask for any. */
  readonly isGiven: boolean;
  /**
   * Whether a person has to approve the call, or what was said of it. Absent: an earlier version of this program asks, which
   * cannot wait for people.
   */
  readonly approval?: 'always' | 'if-needed' | ToolDecision;
  readonly token?: ToolToken;
}

/** The token whose execution calls. */
export interface ToolToken {
  readonly id: string;
  readonly workflowId: string;
}

/** What came of it is stored: a result in the history as well would be there twice. */
export interface FinishedToolCall {
  readonly warning?: string;
  /** Nothing came of it yet: a person has to approve it first. */
  readonly needsApproval?: true;
}

export interface GivenArguments {
  readonly tool: string;
  readonly arguments: JsonObject;
}

/** Empty: they fit. */
export interface ArgumentsVerdict {
  /** All of it in words: what workers of earlier versions say, and go by. */
  readonly problem?: string;
  /** The same by its places in the arguments. */
  readonly misfits?: readonly Misfit[];
}

/** A call that waits for a person, or has been decided on. */
export interface ApprovalRecord {
  readonly approval: ToolApproval;
  /** Of its execution, by what waits besides. */
  readonly status: 'RUNNING' | 'WAITING_FOR_APPROVAL';
}

export interface CalledTurn {
  readonly executionId: string;
  readonly conversationId: string;
  readonly turn: number;
  readonly timestamp: string;
}

export interface ConversationPart {
  readonly conversationId: string;
  readonly messages: readonly Message[];
}

/** A finished turn, and where its text has what it says in structure. */
export interface TurnAnswer extends Omit<TurnResult, 'providerState'>, StructuredText {
  /** Why the answer does not fit what was asked for; absent when it does. */
  readonly outputProblem?: string;
  /** Set when no other answer would fit better: the model is not asked again. */
  readonly isBeyondRepair?: true;
}

export interface ExecutionEnd {
  readonly executionId: string;
  readonly status: EndedStatus;
  /** Of the last turn; its text is what the stream must show. */
  readonly turn: number;
  readonly response?: string;
  readonly output?: JsonValue;
  /** Where the response has it, in the place of `output`. */
  readonly outputAt?: TextSpan;
  /** Of all turns that were finished. */
  readonly usage?: TokenUsage;
  readonly warnings?: readonly string[];
  readonly errorCode?: ExecutionFailureCode;
  readonly errorMessage?: string;
  readonly completedAt: string;
  /** Recorded only where the stored execution is like this: whoever ends it from outside may be wrong about whose it is. */
  readonly only?: { readonly tokenId?: string; readonly status?: ExecutionStatus };
}
