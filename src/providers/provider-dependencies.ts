import type { Dispatcher } from 'undici';
import type { KeyMarkKind, ProviderKeyStore } from '../storage/provider-key-store.js';
import type { Credentials } from './keys/host-bound-keys.js';
import type { Exchange } from './connection/exchange.js';
import type { CallLimits } from './connection/guarded-call.js';

/** What every adapter is made of: one set per process. */
export interface ProviderDependencies {
  readonly credentials: Credentials;
  readonly dispatcher: Dispatcher;
  /** What other processes know of the keys; absent: this one goes by what it saw itself. */
  readonly keyStore?: ProviderKeyStore;
  /** Word of a key that is not used for a while, for a log. */
  readonly onRest?: (rest: KeyRest) => void;
  /** What stands in for the network: batches make requests that are sent later, and read answers that came before. */
  readonly exchange?: Exchange;
  /** Absent: DEFAULT_WAITS. A provider's own options go before both. */
  readonly waits?: Waits;
}

export interface KeyRest {
  /** The place of the key, never the key. */
  readonly key: string;
  readonly host: string;
  readonly kind: KeyMarkKind;
  readonly forMs: number;
}

export type Waits = Omit<CallLimits, 'totalMs'>;

/** Long enough for a model that reads a long prompt on a slow machine; `firstByteTimeoutSeconds` is there for slower ones. */
export const DEFAULT_WAITS: Waits = { firstByteMs: 120_000, idleMs: 60_000 };
