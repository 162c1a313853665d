/** An answer that serves others. */
export interface CachedAnswer {
  /** The execution that it was given to. */
  readonly executionId: string;
  readonly text: string;
  /** Of its call: parameters that were not sent, and why. */
  readonly warnings: readonly string[];
}

/** How old an answer may be to serve. */
export interface WantedAnswer {
  /** SHA-256 of what is asked, hexadecimal. */
  readonly key: string;
  readonly maxAgeSeconds: number;
  /** The execution whose answer was found not to fit: it counts as none. */
  readonly unfit?: string;
}

/** Who makes a call for all that ask the same meanwhile. */
export interface CallHolder {
  readonly key: string;
  /** The attempt: no other one has the same. */
  readonly holder: string;
}

export interface TakenCall extends CallHolder, WantedAnswer {
  readonly agentId: string;
  /** The execution, a blank, and its turn: its next attempt goes on with what its earlier one held. */
  readonly owner: string;
  /** How long it holds the call unless it says more; at most LONGEST_LEASE_MS. */
  readonly leaseMs: number;
}

export interface KeptAnswer extends CachedAnswer {
  readonly key: string;
  readonly agentId: string;
  readonly ttlSeconds: number;
}

export type CallTaking =
  /** It need not be made. */
  | { readonly type: 'answered'; readonly answer: CachedAnswer }
  /** Whoever asked makes it, and holds it as long as its lease is renewed. */
  | { readonly type: 'held' }
  /** Somebody else is about to. */
  | { readonly type: 'under-way' };

/** What has become of a call that somebody waits for; `free`: whoever comes next makes it. */
export type CallProgress = 'answered' | 'under-way' | 'free';

/** Longer than a provider asks an execution to wait. */
export const LONGEST_LEASE_MS = 10 * 60_000;

/**
 * Answers that serve others, and calls that are under way, by what is asked. All times are those of the store's own clock: of an
 * answer, or a lease, of the future one says nothing, since the clock was set back.
 */
export interface AnswerCacheStore {
  /** Looks an answer up, and takes the call where there is none: of all that do so at once, one holds it. */
  take(call: TakenCall): Promise<CallTaking>;
  /** False where somebody else holds the call, or nobody does. */
  renew(call: CallHolder, leaseMs: number): Promise<boolean>;
  /** Lets somebody else make the call; nothing where it is not the holder's (any more). */
  release(call: CallHolder): Promise<void>;
  /** Lets others make the calls that an execution holds: it has ended. */
  releaseOf(executionId: string): Promise<void>;
  /**
   * Keeps an answer in the place of an earlier one, and ends its call. With a holder only where that still holds the call: a purge, or
   * somebody else who took over, has ended it. Never for an execution that was deleted.
   */
  keep(answer: KeptAnswer, holder?: string): Promise<void>;
  /** For each of those that are wanted, in their order. */
  progress(wanted: readonly WantedAnswer[]): Promise<readonly CallProgress[]>;
  /** Removes the answers that executions of an agent were given, and does not keep those of calls under way. Resolves with how many. */
  purge(agentId: string): Promise<number>;
  /** Removes some of what is of no use any more. Resolves with how many. */
  removeExpired(limit: number): Promise<number>;
}
