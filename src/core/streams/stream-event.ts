import type { AttemptStartCode, ExecutionFailureCode } from '../codes.js';
import type { JsonValue } from '../json/json.js';
import type { ToolDecision } from './tool-decision.js';

/** Tokens that a model counted for one call or one execution. */
export interface TokenUsage {
  /** All of the prompt, those from the provider's cache too. */
  readonly inputTokens: number;
  /** All that were generated, those of its reasoning too. */
  readonly outputTokens: number;
  readonly totalTokens: number;
  /** Absent where the provider does not say. */
  readonly cachedInputTokens?: number;
  /** Those that were written to the provider's cache, where that has a price of its own. */
  readonly cacheWriteInputTokens?: number;
  readonly reasoningTokens?: number;
  /** In US dollars, by the prices at the time of the call. Absent where a price is not known. */
  readonly costUsd?: number;
}

/** Where an event stands. Text belongs to a turn; a later attempt at a turn voids the text of the one before. */
export interface StreamPosition {
  readonly executionId: string;
  /** From 0, without holes, across all attempts and turns: the only cursor. */
  readonly sequence: number;
  readonly turn: number;
  readonly attempt: number;
  /** RFC 3339, UTC, milliseconds: when the event was appended. */
  readonly timestamp: string;
}

export type ThinkingStatus =
  | 'calling_model'
  | 'rate_limited'
  | 'reasoning'
  | 'calling_tool'
  | 'waiting_for_approval'
  /** For the answer to an execution that asks the very same. */
  | 'waiting_for_equal'
  | 'retrying'
  | 'budget'
  | 'batched';

export type FailedStatus = 'failed' | 'timeout' | 'cancelled' | 'terminated';

/** What a writer may append between the opening and the terminal event. */
export type StreamEventBody =
  | { readonly eventType: 'content_chunk'; readonly content: string }
  | {
      readonly eventType: 'thinking';
      readonly status: ThinkingStatus;
      readonly content?: string;
      /** Of `waiting_for_approval`: the call that a person has to approve. */
      readonly toolName?: string;
      readonly toolCallId?: string;
      /** As the model wants them. */
      readonly arguments?: JsonValue;
    }
  | {
      readonly eventType: 'tool_call';
      readonly toolName: string;
      readonly toolCallId: string;
      readonly arguments: JsonValue;
    }
  | {
      readonly eventType: 'tool_result';
      readonly toolName: string;
      readonly toolCallId: string;
      readonly result: JsonValue;
      /** What became of a call that a person had to approve. */
      readonly approval?: ToolDecision;
    };

/** Begins every attempt, also the first: who receives it drops all text of that turn and of later ones. */
export interface AttemptStartedBody {
  readonly eventType: 'attempt_started';
  /** Why the attempt began. */
  readonly status: AttemptStartCode;
}

export interface CompletedBody {
  readonly eventType: 'completed';
  /** The text of the last turn; the chunks of that turn and attempt, joined, equal it. */
  readonly final_response: string;
  readonly usage: TokenUsage;
  /** Size of `final_response` in UTF-8 bytes. */
  readonly length: number;
  /** Over those bytes, hexadecimal. */
  readonly sha256: string;
}

export interface FailedBody {
  readonly eventType: 'failed';
  readonly error: string;
  readonly errorCode: ExecutionFailureCode;
  readonly status: FailedStatus;
}

/** The one event that ends a stream. */
export type TerminalEventBody = CompletedBody | FailedBody;

/** One event of a stream, in the shape in which WebSocket and SSE send it. */
export type StreamEvent = StreamPosition & (StreamEventBody | AttemptStartedBody | TerminalEventBody);

export type StreamEventType = StreamEvent['eventType'];

export const STREAM_EVENT_TYPES = [
  'attempt_started',
  'content_chunk',
  'thinking',
  'tool_call',
  'tool_result',
  'completed',
  'failed',
] as const satisfies readonly StreamEventType[];

export function isTerminal(event: StreamEvent): event is StreamPosition & TerminalEventBody {
  return event.eventType === 'completed' || event.eventType === 'failed';
}

/** `attempt_started`, `completed` and `failed` reach every viewer, whatever they filter for. */
export function passesEveryFilter(type: StreamEventType): boolean {
  return type === 'attempt_started' || type === 'completed' || type === 'failed';
}
