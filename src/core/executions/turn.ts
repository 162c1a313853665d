import type { LlmConfig, LlmProvider } from '../agents/agent.js';
import type { Message } from './conversation.js';
import type { Picture } from './picture.js';
import type { ProviderState } from './provider-state.js';
import type { UsedKeys } from './used-keys.js';
import type { JsonObject, JsonValue } from '../json/json.js';
import type { TokenUsage } from '../streams/stream-event.js';

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: JsonValue;
}

export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonObject;
}

/** A message as a model gets it: with its pictures, and not with where they lie. */
export interface RequestMessage extends Pick<
  Message,
  'role' | 'content' | 'toolCalls' | 'toolCallId' | 'providerState'
> {
  readonly pictures?: readonly Picture[];
}

/** One model call, as every provider gets it. */
export interface ModelRequest {
  readonly provider: LlmProvider;
  readonly llmConfig: LlmConfig;
  readonly messages: readonly RequestMessage[];
  readonly tools: readonly ToolSpec[];
  /** JSON Schema that the answer shall fit: the provider's structured mode where it has one. */
  readonly outputSchema?: JsonObject;
  /** Bounds the whole call. */
  readonly timeoutMs: number;
  readonly strictParameters: boolean;
  /** What is fetched for the same is fetched once. Never sent. */
  readonly fetchingFor?: string;
  /** Which prompts these are, whatever is filled in: they begin alike, and a provider finds what it keeps of them. Never sent as it is. */
  readonly promptsOf?: string;
  /** Which try at the turn this is, from 1. Never sent: only scripted models look at it. */
  readonly attempt?: number;
}

/** Why the model stopped; `stop` covers its natural end and stop sequences. */
export type StopReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

export type ModelEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  /** All tokens of the call so far; the finish has the final count. */
  | { readonly type: 'usage'; readonly usage: TokenUsage }
  | { readonly type: 'finish'; readonly finish: ModelFinish };

/** The last event of every call that did not throw, exactly once. */
export interface ModelFinish extends UsedKeys {
  readonly toolCalls: readonly ToolCall[];
  readonly usage: TokenUsage;
  readonly stopReason: StopReason;
  readonly providerRequestId?: string;
  /** Parameters that were not sent, and why. */
  readonly warnings: readonly string[];
  /** Nobody was asked: this execution was given the same answer before. */
  readonly cachedFrom?: string;
  /** Of a turn that calls tools, what its provider wants back unchanged with their results. */
  readonly providerState?: ProviderState;
}

/** What one finished turn leaves behind: stored by (execution, turn) before anything else happens. */
export interface TurnResult {
  readonly turn: number;
  readonly attempt: number;
  /** Exactly the chunks that went to the stream, joined. */
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly usage: TokenUsage;
  readonly stopReason: StopReason;
  readonly model: string;
  readonly warnings: readonly string[];
  /** The execution that was given the answer before this one, which called nobody. */
  readonly cachedFrom?: string;
  readonly providerState?: ProviderState;
}
