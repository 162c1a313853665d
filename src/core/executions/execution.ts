import type { AttemptErrorCode, AttemptOutcome, ExecutionFailureCode } from '../codes.js';
import type { Delivery, LlmConfig, ProviderType } from '../agents/agent.js';
import type { TextSpan } from './answer-output.js';
import type { RetryConfig } from '../definitions/definition.js';
import type { JsonObject, JsonValue } from '../json/json.js';
import type { TokenUsage } from '../streams/stream-event.js';
import type { UsedKeys } from './used-keys.js';

export type ExecutionStatus =
  'PENDING' | 'RUNNING' | 'WAITING_FOR_APPROVAL' | 'COMPLETED' | 'FAILED' | 'TIMEOUT' | 'CANCELLED' | 'TERMINATED';

export type EndedStatus = Exclude<ExecutionStatus, 'PENDING' | 'RUNNING' | 'WAITING_FOR_APPROVAL'>;

/** What the token was when it started an execution: the template variables come from here. */
export interface ExecutionToken {
  readonly id: string;
  readonly workflowId: string;
  readonly place: string;
  readonly metadata: JsonObject;
  readonly transitionCount: number;
  readonly transitionId?: string;
  readonly placeAgentId?: string;
}

/** What a transition changes about an agent for one execution. */
export interface ExecutionOverrides {
  readonly model?: string;
  readonly llmConfig?: LlmConfig;
  readonly timeoutSeconds?: number;
  readonly retryConfig?: RetryConfig;
  readonly delivery?: Delivery;
  /** Output names that the mapping needs: the answer must have them. */
  readonly outputs?: readonly string[];
}

/** The argument of the `agentExecution` Temporal workflow: wire format. */
export interface ExecutionRequest {
  readonly executionId: string;
  readonly agentId: string;
  readonly agentVersion?: number;
  /** `{input_data}`; when an object, its members are template variables too. */
  readonly input: JsonValue;
  readonly conversationId?: string;
  readonly token?: ExecutionToken;
  readonly overrides?: ExecutionOverrides;
  /** A model is asked, also where the answer is known; it serves others from then on. Absent: false. */
  readonly bypassCache?: boolean;
  /** Its output changes nothing of the token. Absent: it is applied. */
  readonly shadow?: true;
}

/** What a finished execution hands to the token. */
export interface ExecutionResult {
  readonly executionId: string;
  readonly agentId: string;
  readonly agentVersion: number;
  readonly model: string;
  /** The text of the last turn, whole. */
  readonly response: string;
  /** Structured output, when there is any. */
  readonly output?: JsonValue;
  /** Where the response has it, in the place of an `output` that is too large to be told twice. */
  readonly outputAt?: TextSpan;
  readonly usage: TokenUsage;
  readonly timestamp: string;
}

/** One model call, also a lost one. */
export interface ModelAttempt extends UsedKeys {
  readonly turn: number;
  readonly attempt: number;
  readonly provider: ProviderType;
  readonly model: string;
  readonly outcome: AttemptOutcome;
  readonly errorCode?: AttemptErrorCode;
  readonly errorMessage?: string;
  readonly providerRequestId?: string;
  /** Also of an attempt that did not finish, where its provider counts as it goes. */
  readonly usage?: TokenUsage;
  /** UTF-16 code units of text that came, of a lost attempt: up to its last heartbeat. */
  readonly characters?: number;
  readonly startedAt: string;
  /** How long it was due before a worker took it: the wait for a free slot or a rate limit. */
  readonly queuedMs?: number;
  readonly firstChunkMs?: number;
  readonly durationMs?: number;
  /** No call was made: this execution was given the same answer before. */
  readonly cachedFrom?: string;
}

/** One run of one agent, as stored and shown. Its id is the Temporal workflow id. */
export interface AgentExecution {
  readonly id: string;
  readonly agentId: string;
  readonly agentVersion: number;
  readonly tokenId?: string;
  readonly workflowId?: string;
  readonly transitionId?: string;
  readonly placeAgentId?: string;
  readonly conversationId: string;
  readonly status: ExecutionStatus;
  readonly input: JsonValue;
  readonly output?: JsonValue;
  readonly finalResponse?: string;
  readonly errorCode?: ExecutionFailureCode;
  readonly errorMessage?: string;
  readonly warnings: readonly string[];
  readonly usage?: TokenUsage;
  /** The turn that it ended with: whose text is the answer. Absent before, and where it was ended from outside. */
  readonly turn?: number;
  readonly attempts: readonly ModelAttempt[];
  /** Its output is kept here, and changes nothing of its token. */
  readonly shadow?: true;
  /** The execution that was given the same answer before, which this one was given again. */
  readonly cachedFrom?: string;
  /** Of the trace that it is part of, where a collector is told of that: 32 hexadecimal digits. */
  readonly traceId?: string;
  /** The span that asked for it; absent where the trace begins with it. */
  readonly traceParentId?: string;
  readonly createdAt: string;
  readonly startedAt?: string;
  readonly completedAt?: string;
  /** The last sequence of its stream, once that is closed. */
  readonly lastSequence?: number;
}

export function isEnded(status: ExecutionStatus): status is EndedStatus {
  return status !== 'PENDING' && status !== 'RUNNING' && status !== 'WAITING_FOR_APPROVAL';
}
