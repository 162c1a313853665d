import { defineSignal } from '@temporalio/workflow';

import type { LlmProvider } from '../core/agents/agent.js';

/** What the Temporal workflows of batches take, and are told. */

export const BATCH_COLLECTOR = 'batchCollector';
export const MODEL_BATCH = 'modelBatch';

/** Requests that can go in one batch: of one model, for one account, by one API. */
export interface BatchGroup {
  readonly groupId: string;
  /** Whom to ask, and what a batch needs to know of that; never a secret. */
  readonly provider: LlmProvider;
  /** How long requests are gathered, from the first on. */
  readonly windowSeconds: number;
  /** How often the provider is asked whether a batch is over. */
  readonly pollSeconds: number;
}

/** A batch that has its requests. */
export interface ModelBatch extends BatchGroup {
  readonly batchId: string;
  /** Once it was submitted: the provider's id of it, and when it was first to be. */
  readonly submitted?: { readonly providerBatchId: string; readonly since: string };
}

/** What a provider promises at most, and a day: then nobody asks any more. */
export const LONGEST_BATCH_MS = 3 * 24 * 3600 * 1000;
/** What executions are told of a batch that is older. */
export const BATCH_TOO_OLD = {
  code: 'timeout',
  message: 'The provider did not finish the batch of this execution within three days.',
} as const;

/** Tells the collector of a group that a request waits, which is stored. */
export const batchJoinedSignal = defineSignal('batchJoined');
/** Tells an execution that something came of its turn in a batch, which is stored. */
export const batchAnsweredSignal = defineSignal<[{ readonly turn: number }]>('batchAnswered');
