import type { LoadedDefinition } from '../contract/activities.js';
import type { IdempotentFires } from '../core/tokens/idempotent-fires.js';
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
