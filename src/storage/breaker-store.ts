import type { BreakerKey, BreakerState, KeptBreaker } from '../core/executions/breaker.js';

/** A breaker with what it stands before. */
export interface StoredBreaker extends KeptBreaker {
  readonly key: BreakerKey;
}

/** Keeps the breakers that all workers on one storage share, and says by its own clock how old each state is. */
export interface BreakerStore {
  /** Undefined: it is closed, and nothing has failed. */
  get(key: BreakerKey): Promise<KeptBreaker | undefined>;
  /** Those that something was kept of within a day, the newest 1000. */
  list(): Promise<readonly StoredBreaker[]>;
  /**
   * Puts a state in the place of the version that was read, of none where none was; `undefined` takes it away. Of many who replace
   * the same version one succeeds; the others get undefined. What nobody has changed for a day may be taken away.
   */
  replace(
    key: BreakerKey,
    version: string | undefined,
    state: BreakerState | undefined,
  ): Promise<ReplacedBreaker | undefined>;
}

/** The version that is there now; absent: nothing is. */
export interface ReplacedBreaker {
  readonly version?: string;
}
