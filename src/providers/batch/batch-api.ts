import type {
  BatchedRequest,
  BatchLine,
  BatchState,
  FoundBatch,
  OwnBatch,
  ResultLine,
  SoughtBatch,
} from '../model-batches.js';
import type { BatchConnection } from './batch-connection.js';
import type { CaughtRequest } from './stand-ins.js';

/** How one provider's API of batches is spoken. Ids are the provider's own. */
export interface BatchApi {
  /** What a stream would send, without asking for a stream. */
  batched(caught: CaughtRequest): BatchedRequest;
  find(connection: BatchConnection, batch: SoughtBatch): Promise<FoundBatch>;
  submit(connection: BatchConnection, batch: OwnBatch, lines: readonly BatchLine[]): Promise<string>;
  look(connection: BatchConnection, providerBatchId: string): Promise<BatchState>;
  /** `results`: as the state had it. */
  results(connection: BatchConnection, providerBatchId: string, results: readonly string[]): AsyncIterable<ResultLine>;
  cancel(connection: BatchConnection, providerBatchId: string): Promise<void>;
}

/** So many pages of a list of batches are looked through. */
export const MOST_PAGES = 100;

/** Clocks differ: batches that began so long before ours are looked at, too. */
export const CLOCKS_DIFFER_MS = 3_600_000;
