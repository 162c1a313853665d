import type { NewEntry } from './new-entry.js';
import type { StreamPage, StreamRange, StreamWake } from '../stream-log.js';
import type { EntryEnd, StreamTail } from './stream-tail.js';

/**
 * What a shared backend has to do for a stream log. Its one duty is `insert`: to compare and append in one step, so
 * that of all who want the same place in a log one gets it. Every race is decided there; the rest is `EntryLog`.
 */
export interface EntryStore {
  /** As StreamLog says. */
  readonly gatherMs?: number;
  /**
   * Stores each entry whose predecessor is the end of its log, and tells the watchers. Gives for each the place it got,
   * undefined where it was not stored. An entry that closes a log may be given a later place than it was made for,
   * behind whatever else has come. After an error any of them may have been stored all the same.
   * Throws UNAVAILABLE when the backend cannot be reached.
   */
  insert(batch: readonly NewEntry[]): Promise<readonly (EntryPlace | undefined)[]>;
  /** The last entry of a log, and how many attempts at a turn it has seen. */
  tail(executionId: string, turn: number): Promise<CountedTail | undefined>;
  /** The entry that begins at this sequence. */
  entryAt(executionId: string, first: number): Promise<StoredEntry | undefined>;
  /** As StreamLog says. */
  read(ranges: readonly StreamRange[]): Promise<readonly StreamPage[]>;
  /** As StreamLog says. */
  watch(executionId: string, onWake: (wake: StreamWake) => void): () => void;
  remove(executionIds: readonly string[]): Promise<void>;
  shutdown(): Promise<void>;
}

export type EntryPlace = Pick<EntryEnd, 'position' | 'last'>;

export type CountedTail = StreamTail & EntryEnd & { readonly attempts: number };

export interface StoredEntry {
  readonly position: number;
  readonly opening: string;
  /** The bodies, in the very text that was stored. */
  readonly events: string;
}
