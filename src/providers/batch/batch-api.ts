import type { BatchedRequest, BatchLine, BatchState, OwnBatch, ResultLine } from '../model-batches.js';
import type { BatchConnection } from './batch-connection.js';
import type { CaughtRequest } from './stand-ins.js';

/** How one provider's API of batches is spoken. */
export interface BatchApi {
  /** What a stream would send, without asking for a stream. */
  batched(caught: CaughtRequest): BatchedRequest;
  find(connection: BatchConnection, batch: OwnBatch): Promise<string | undefined>;
  submit(connection: BatchConnection, batch: OwnBatch, lines: readonly BatchLine[]): Promise<string>;
  look(connection: BatchConnection, providerBatchId: string): Promise<BatchState>;
  /** `results`: as the state had it. */
  results(connection: BatchConnection, providerBatchId: string, results: readonly string[]): AsyncIterable<ResultLine>;
}
