/** Why a key rests: the provider limits it, refuses it, or its account has no credit. */
export type KeyMarkKind = 'limited' | 'auth' | 'quota';

/** That a key at an address is not to be used for a while. */
export interface KeyMark {
  /** `Endpoint.id`: the key cannot be told from it. */
  readonly endpoint: string;
  readonly kind: KeyMarkKind;
  /** Providers limit each model by itself; empty: whatever the model. */
  readonly model: string;
  readonly forMs: number;
}

export interface HeldKeyMark extends KeyMark {
  /** How long ago it was made; `forMs` is what is left. */
  readonly sinceMs: number;
}

/** What all processes know of keys. Durations are by the clock of the store: those of processes may differ. */
export interface ProviderKeyStore {
  /** From now on, for `forMs`. One of the same endpoint, kind and model that ends later stays. Safe to repeat. */
  mark(mark: KeyMark): Promise<void>;
  /** Those of these endpoints that are not over. */
  list(endpoints: readonly string[]): Promise<readonly HeldKeyMark[]>;
  /** The key has worked: it is neither refused nor without credit. */
  clearRefusals(endpoint: string): Promise<void>;
}
