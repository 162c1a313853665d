import { workflowInfo } from '@temporalio/workflow';

import { finalFailure } from '../contract/failures.js';
import { isUnreadable } from '../contract/unreadable-payload.js';
import { noted } from './failure-in-log.js';
import type { LoadedDefinition } from '../contract/activities.js';
import type { IdempotentFires } from '../core/tokens/idempotent-fires.js';
import { isJsonObject } from '../core/json/json.js';
import type { Token } from '../core/tokens/token.js';

/** What a token takes along when its Temporal workflow goes on as a new run. */
export interface CarriedToken {
  readonly loaded: LoadedDefinition;
  readonly token: Token;
  /** In what an earlier version of this program carried; they come by themselves now. */
  readonly acceptedFires?: IdempotentFires;
  readonly executionIds: readonly string[];
  /** Their runs in Temporal, by id; absent in what an earlier version of this program carried. */
  readonly executionRunIds?: Readonly<Record<string, string>>;
  /** A fingerprint of what `createToken` was asked, where it was asked. */
  readonly request?: string;
  /** Events recorded so far. */
  readonly recorded: number;
}

/**
 * Throws VALIDATION_FAILED for what no run of ours has carried: whoever starts a token gives it one argument. What a run of ours has
 * carried and this worker cannot decrypt fails the workflow task, which is tried again until a worker has the key.
 */
export function refuseForeignCarried(carried: unknown, acceptedFires: unknown): void {
  if (carried === undefined && acceptedFires === undefined) return;
  waitForKey([carried, acceptedFires]);
  const isOurs =
    isJsonObject(carried) &&
    isJsonObject(carried['loaded']) &&
    isJsonObject(carried['token']) &&
    Array.isArray(carried['executionIds']) &&
    typeof carried['recorded'] === 'number' &&
    (acceptedFires === undefined || Array.isArray(acceptedFires));
  if (isOurs) return;
  const message = 'The start of the token has one argument: the others are what its runs give each other.';
  throw noted(finalFailure({ code: 'VALIDATION_FAILED', message }));
}

function waitForKey(carried: readonly unknown[]): void {
  const unreadable = carried.find(isUnreadable);
  if (unreadable === undefined || workflowInfo().continuedFromExecutionRunId === undefined) return;
  // No failure of Temporal's: that would end the token.
  throw new Error(unreadable.unreadablePayload);
}
