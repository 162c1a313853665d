import type { Dispatcher } from 'undici';
import type { Credentials } from './keys/host-bound-keys.js';
import type { CallLimits } from './connection/guarded-call.js';

/** What every adapter is made of: one set per process. */
export interface ProviderDependencies {
  readonly credentials: Credentials;
  readonly dispatcher: Dispatcher;
  /** Absent: DEFAULT_WAITS. A provider's own options go before both. */
  readonly waits?: Waits;
}

export type Waits = Omit<CallLimits, 'totalMs'>;

/** Long enough for a model that reads a long prompt on a slow machine; `firstByteTimeoutSeconds` is there for slower ones. */
export const DEFAULT_WAITS: Waits = { firstByteMs: 120_000, idleMs: 60_000 };
