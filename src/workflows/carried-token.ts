import type { LoadedDefinition } from '../contract/activities.js';
import type { IdempotentFires } from '../core/tokens/idempotent-fires.js';
import type { Token } from '../core/tokens/token.js';

/** What a token takes along when its Temporal workflow goes on as a new run. */
export interface CarriedToken {
  readonly loaded: LoadedDefinition;
  readonly token: Token;
  readonly acceptedFires: IdempotentFires;
  readonly executionIds: readonly string[];
  /** Events recorded so far. */
  readonly recorded: number;
}
