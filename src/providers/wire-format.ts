import type { LlmProvider } from '../core/agents/agent.js';
import type { ExecutionErrorCode } from '../core/codes.js';
import { withoutEndingSlashes } from '../core/ending-slashes.js';
import type { JsonObject } from '../core/json/json.js';
import type { TokenUsage } from '../core/streams/stream-event.js';
import type { ProviderState } from '../core/executions/provider-state.js';
import type { ModelRequest, StopReason } from '../core/executions/turn.js';
import type { ErrorDetails } from './failures/error-details.js';
import type { ToolNames } from './request/tool-names.js';

/**
 * How one API is spoken. What all have in common (keys, timers, failures, stop sequences, the end) is StreamedModel's;
 * a format says what its requests and its frames look like.
 */
export interface WireFormat {
  readonly framing: 'event-stream' | 'json-lines';
  /** A reason to stop may come with every frame, so that only the end of the body says that nothing follows. */
  readonly repeatsReasons?: true;
  /** The key in the API's own way, and what it asks for besides. */
  headers(provider: LlmProvider, key: string | undefined): Readonly<Record<string, string>>;
  /** One call. Throws ModelError `invalid_request` when `strictParameters` forbids what would have to be left out. */
  call(request: ModelRequest): WireCall;
  /** Where the models that a key may use are listed, under the base URL. */
  modelsUrl(provider: LlmProvider, baseUrl: URL): URL;
  readModelNames(list: JsonObject): readonly string[];
}

export interface WireCall {
  readonly toolNames: ToolNames;
  /** What is not sent as it was asked for. */
  readonly warnings: readonly string[];
  /** Makes the request through the official SDK, over the `fetch` that it is given. What it resolves to is not used. */
  send(baseUrl: URL, fetch: WireFetch): Promise<unknown>;
  /**
   * Reads an object of the stream that is no error, or the whole answer of a server that does not stream. Throws
   * ModelError `incomplete_stream` for one that shows that something is lost.
   */
  read(object: JsonObject): AnswerPiece;
  /** Once all is read: what the provider wants back unchanged together with the results of the tools that it asked for. */
  state?(): ProviderState | undefined;
}

export type WireFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** What one frame brings. An empty one is a sign of life. */
export interface AnswerPiece {
  readonly text?: string;
  readonly reasoning?: string;
  /** The model says that, and why, it will not answer. */
  readonly refusal?: string;
  readonly toolCalls?: readonly ToolCallPiece[];
  /** The provider says why it stops. */
  readonly stop?: StopWord;
  /** All tokens of the call so far. */
  readonly usage?: TokenUsage;
  /** Nothing follows: the API's terminal event. */
  readonly ended?: true;
  readonly error?: ErrorDetails;
}

/** Why a provider stops, in its own word: the answer ends well, or it fails. Words that nobody knows are failures. */
export type StopWord = { readonly word: string; readonly detail?: string } & (
  { readonly ends: StopReason } | { readonly fails: ExecutionErrorCode }
);

/** A piece of a tool call: the first brings id and name, all bring parts of the arguments. */
export interface ToolCallPiece {
  /** Absent: of the call that came last, unless it brings another id. */
  readonly index?: number;
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
  /** The arguments are all of them, also where pieces came before. */
  readonly whole?: true;
}

/** What an API calls a model's address, whether its base URL ends in a slash or not. */
export function apiUrl(baseUrl: URL, path: string): URL {
  return new URL(path, `${withoutEndingSlashes(baseUrl.href)}/`);
}
