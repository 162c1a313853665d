import type { LlmProvider } from '../core/agents/agent.js';
import type { StoredAnswer } from '../core/executions/stored-answer.js';
import type { ModelRequest } from '../core/executions/turn.js';
import type { ExecutionErrorCode } from '../core/codes.js';
import type { LanguageModel } from './language-model.js';

/** A request as a batch has it. */
export interface BatchedRequest {
  /** Of the address that a stream would call. */
  readonly path: string;
  /** As JSON. */
  readonly body: string;
}

export interface BatchLine extends BatchedRequest {
  readonly customId: string;
}

/** A batch of ours. */
export interface OwnBatch {
  /** Our own id of it, by which it is found again at the provider. */
  readonly batchId: string;
  /** Whose model it asks. */
  readonly provider: LlmProvider;
}

/** Which of the keys of a provider a batch goes with, and to which of its addresses: one of `accounts`. */
export interface PlacedBatch extends OwnBatch {
  readonly account: string;
}

/** A batch that somebody has begun to submit, so that its provider may have it. */
export interface SoughtBatch extends OwnBatch {
  /** Before it was first sent, and before it was last sent; RFC 3339. */
  readonly firstAt: string;
  readonly lastAt: string;
  /** How many requests it had then. */
  readonly lines: number;
  /** Where it was sent; absent: nobody knows, so all are asked. */
  readonly account?: string;
  /** The providers' ids of batches of ours that are known to be others. */
  readonly others: readonly string[];
}

/** `unclear`: a batch that is under way may be it, and will tell when it is over. */
export type FoundBatch =
  | { readonly type: 'found'; readonly providerBatchId: string }
  | { readonly type: 'none' }
  | { readonly type: 'unclear'; readonly candidates: readonly string[] };

export interface SubmittedBatch extends OwnBatch {
  /** The provider's id of it, and which of the keys sees it: as `find` and `submit` give it. */
  readonly providerBatchId: string;
}

/** What the provider itself calls a batch: an account stands in front of it, since only that sees it. */
export function ownIdIn(providerBatchId: string): string {
  return providerBatchId.slice(providerBatchId.indexOf(':') + 1);
}

export type BatchState =
  | { readonly type: 'running' }
  /** Nothing follows. `rest` is what is to be said of lines that have no result. */
  | { readonly type: 'over'; readonly results: readonly string[]; readonly rest: LineFailure };

export interface LineFailure {
  readonly code: ExecutionErrorCode;
  readonly message: string;
}

/** A line of the results; one that cannot be read is of nobody. */
export type ResultLine = { readonly customId: string; readonly answer: StoredAnswer } | { readonly unreadable: string };

/**
 * The batch APIs of all providers. All that goes over the network throws ModelError with a code of the catalogue, or the reason of the
 * signal after an abort. Nothing is retried in here.
 */
export interface ModelBatches {
  /** The request that a stream would make, to be sent in a batch. Throws as a stream does before it sends anything. */
  request(request: ModelRequest, signal: AbortSignal): Promise<BatchedRequest>;
  /** A model that answers as a line of a batch did, at the price of batches. */
  answering(answer: StoredAnswer): LanguageModel;
  /** Looks whether the provider has a batch. Throws where one that may have it does not say. */
  find(batch: SoughtBatch, signal: AbortSignal): Promise<FoundBatch>;
  /** Where a batch may go now: no key of several that rests or was refused lately is among them. Throws why, where all do. */
  accounts(batch: OwnBatch): Promise<readonly [string, ...string[]]>;
  /** Submits a batch, whatever was submitted before; gives the provider's id of it. What a refusal says of the key is noted for all calls. */
  submit(batch: PlacedBatch, lines: readonly BatchLine[], signal: AbortSignal): Promise<string>;
  look(batch: SubmittedBatch, signal: AbortSignal): Promise<BatchState>;
  /** What a batch that is over has, line by line: not all of it is in memory at once. */
  results(batch: SubmittedBatch, results: readonly string[], signal: AbortSignal): AsyncIterable<ResultLine>;
  /** Asks the provider to leave what it has not answered yet. */
  cancel(batch: SubmittedBatch, signal: AbortSignal): Promise<void>;
}
